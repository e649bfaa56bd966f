# Completion of pkgpanda(8), generated from its table of commands: npm run golden writes it.
# Silent whatever fails: nobody wants an error in the middle of the line that is being typed.

# Prints the command on the line, and the options that say which node is meant.
function __pkgpanda_line
    set -l words (commandline -opc)
    set -l value_of
    for word in $words[2..]
        if set -q value_of[1]
            contains -- $value_of --root --repository; and echo -- $value_of=$word
            set -e value_of
        else if string match -qr -- '^--(root|repository)=' $word
            echo -- $word
        else if contains -- $word --config-dir --root --repository --repository-url --state-dir-root --check-timeout --keep
            set value_of $word
        else if not string match -q -- '-*' $word
            echo command:$word
        end
    end
end

# Whether the command is one of these; without any, whether there is none yet.
function __pkgpanda_command
    set -l command (__pkgpanda_line | string match 'command:*' | string replace command: '')
    if set -q argv[1]
        contains -- "$command[1]" $argv
    else
        not set -q command[1]
    end
end

function __pkgpanda_read
    # Of a command that is not there fish itself would complain, whatever is redirected.
    command -q pkgpanda; or return
    pkgpanda $argv (__pkgpanda_line | string match -- '--*') --json 2>/dev/null | sed -n 's/^ *"\\([A-Za-z0-9@._+-]*--[A-Za-z0-9@._+:]*\\)".*/\\1/p'
end

# Kind of id.
function __pkgpanda_ids
    switch $argv[1]
        case active
            __pkgpanda_read active
        case package
            __pkgpanda_read list
        case inactive
            set -l active (__pkgpanda_read active)
            for id in (__pkgpanda_read list)
                contains -- $id $active; or echo $id
            end
    end
end

complete -c pkgpanda -f
complete -c pkgpanda -n __pkgpanda_command -a setup -d 'bring the node up at boot: finish what was interrupted, install what is flagged'
complete -c pkgpanda -n __pkgpanda_command -a fetch -d 'get packages from a store into the repository'
complete -c pkgpanda -n __pkgpanda_command -a add -d 'unpack a tarball into the repository'
complete -c pkgpanda -n __pkgpanda_command -a list -d 'list the packages of the repository'
complete -c pkgpanda -n __pkgpanda_command -a active -d 'list the active packages'
complete -c pkgpanda -n __pkgpanda_command -a activate -d 'make exactly these packages active'
complete -c pkgpanda -n __pkgpanda_command -a swap -d 'replace the active version of one package'
complete -c pkgpanda -n __pkgpanda_command -a rollback -d 'make the set active that was active before'
complete -c pkgpanda -n __pkgpanda_command -a show -d 'show what packages say about themselves'
complete -c pkgpanda -n __pkgpanda_command -a remove -d 'remove inactive packages from the repository'
complete -c pkgpanda -n __pkgpanda_command -a gc -d 'remove packages that nothing needs any more'
complete -c pkgpanda -n __pkgpanda_command -a verify -d 'compare packages with what was unpacked'
complete -c pkgpanda -n __pkgpanda_command -a check -d 'run the checks of the active packages'
complete -c pkgpanda -n __pkgpanda_command -a status -d 'show whether a change is under way, and how the last one went'
complete -c pkgpanda -n __pkgpanda_command -a uninstall -d 'stop everything and delete the install root'
complete -c pkgpanda -l config-dir -r -F -d 'roles and setup flags [/etc/mesosphere]'
complete -c pkgpanda -l no-systemd -d 'neither stop nor start services'
complete -c pkgpanda -l no-block-systemd -d 'do not wait for services to start'
complete -c pkgpanda -l root -r -F -d 'install root [/opt/mesosphere]'
complete -c pkgpanda -l repository -r -F -d 'unpacked packages [/opt/mesosphere/packages]'
complete -c pkgpanda -l rooted-systemd -d 'keep units below the install root'
complete -c pkgpanda -n '__pkgpanda_command fetch' -l repository-url -x -d 'package store: http, https or file; may be repeated, the next is asked when one fails'
complete -c pkgpanda -n '__pkgpanda_command check' -l list -d 'only list the checks'
complete -c pkgpanda -l help -d 'show the usage'
complete -c pkgpanda -l state-dir-root -r -F -d 'state directories of packages [/var/lib/dcos]'
complete -c pkgpanda -l silent -d 'no progress and no warnings on stderr'
complete -c pkgpanda -l json -d 'one JSON document on stdout instead of text'
complete -c pkgpanda -n '__pkgpanda_command fetch setup' -l allow-unverified -d 'take packages of a store that has no index of digests'
complete -c pkgpanda -n '__pkgpanda_command fetch setup' -l allow-unsigned -d 'take packages of a store whose index no trusted key has signed'
complete -c pkgpanda -n '__pkgpanda_command fetch' -l force -d 'replace a package that is there already'
complete -c pkgpanda -n '__pkgpanda_command activate swap rollback' -l all -d 'restart all units, not only changed ones'
complete -c pkgpanda -n '__pkgpanda_command activate swap rollback gc' -l dry-run -d 'show what would change, change nothing'
complete -c pkgpanda -n '__pkgpanda_command activate swap' -l check-timeout -x -d 'go back to the old set unless units and checks are well within this time (30s, 5m)'
complete -c pkgpanda -n '__pkgpanda_command gc' -l keep -x -d 'inactive versions to keep of each package, newest first [1]'
complete -c pkgpanda -n '__pkgpanda_command uninstall' -l purge -d 'also delete flags, roles and what the installer wrote'
complete -c pkgpanda -n '__pkgpanda_command uninstall' -l purge-state -d 'with --purge: also delete the state of all packages'
complete -c pkgpanda -n __pkgpanda_command -l version -d 'show the version'
complete -c pkgpanda -n '__pkgpanda_command activate swap show verify' -a '(__pkgpanda_ids package)'
complete -c pkgpanda -n '__pkgpanda_command remove' -a '(__pkgpanda_ids inactive)'
complete -c pkgpanda -n '__pkgpanda_command add' -a '(__fish_complete_suffix .tar.xz)'
