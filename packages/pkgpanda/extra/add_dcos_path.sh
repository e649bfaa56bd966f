# Read by login shells through /etc/profile.d/dcos.sh, by any shell that knows sh: the commands for operators after the
# host's own, their manual pages, completion. It must neither fail nor print anything, whatever the shell's options are.
case ":${PATH-}:" in
  *:/opt/mesosphere/bin/dcos-path:*) ;;
  *)
    PATH="${PATH:+$PATH:}/opt/mesosphere/bin/dcos-path"
    export PATH
    ;;
esac
# Before what man(1) is told already; the colon at the end of an empty one stands for the host's own pages.
case ":${MANPATH-}:" in
  *:/opt/mesosphere/active/pkgpanda/share/man:*) ;;
  *)
    MANPATH="/opt/mesosphere/active/pkgpanda/share/man:${MANPATH-}"
    export MANPATH
    ;;
esac
if [ -n "${BASH_VERSION-}" ]; then
  case $- in
    *i*)
      if [ -r /opt/mesosphere/active/pkgpanda/share/bash-completion/completions/pkgpanda ]; then
        # shellcheck source=/dev/null
        . /opt/mesosphere/active/pkgpanda/share/bash-completion/completions/pkgpanda
      fi
      ;;
  esac
elif [ -n "${ZSH_VERSION-}" ]; then
  # Found by the compinit of the user's own .zshrc, which comes later.
  case ":${FPATH-}:" in
    *:/opt/mesosphere/active/pkgpanda/share/zsh/site-functions:*) ;;
    *) FPATH="/opt/mesosphere/active/pkgpanda/share/zsh/site-functions${FPATH:+:$FPATH}" ;;
  esac
fi
