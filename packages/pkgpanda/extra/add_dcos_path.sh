# Read by login shells through /etc/profile.d/dcos.sh: the commands for operators, after the host's own.
case ":$PATH:" in
  *:/opt/mesosphere/bin/dcos-path:*) ;;
  *)
    PATH="$PATH:/opt/mesosphere/bin/dcos-path"
    export PATH
    ;;
esac
