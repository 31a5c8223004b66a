# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_tekton_fix_global_optspecs
    string join \n n/namespace= from= kubeconfig= context= cluster= user= as= as-uid= as-group= token= s/server= request-timeout= command-timeout= insecure-skip-tls-verify tls-server-name= certificate-authority= client-certificate= client-key= cache-dir= v/v= show-secrets color= h/help V/version
end

function __fish_kubectl_tekton_fix_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_tekton_fix_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_tekton_fix_using_subcommand
    set -l cmd (__fish_kubectl_tekton_fix_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -s V -l version -d 'Print version'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "diagnose" -d 'Diagnose why a run is stuck or has failed, with the evidence and what fixes it'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "repair" -d 'Diagnose a run, choose a fix that is predicted to work, and carry it out after showing it and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "diff" -d 'Compare two runs and show which difference matters; with one run, against the newest good run of its pipeline'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "check" -d 'Show which Tekton is installed, what its affinity-assistant flags really do, and what namespaces would refuse'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "rerun" -d 'Resubmit a run, pinned to a node or with a corrected pod template, after showing the change and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "nodes" -d 'Show on which nodes a pod can run, as kube-scheduler would decide it, and why not on the others'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "pick-node" -d 'Show on which nodes a pod can run, as kube-scheduler would decide it, and why not on the others'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "admission" -d 'Show which SCC admits a run\'s pods with which ids, or why none does, before they are created'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "probe" -d 'Try a minimal TaskRun with the run\'s ServiceAccount, pod template and volume, to tell whether the environment is at fault'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "lint" -d 'Check manifests of Tekton before they are submitted, and fix what can be fixed safely'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "snapshot" -d 'Take what the diagnosis of a run reads into a folder or archive, without secrets'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "explain" -d 'Explain a finding by its code (TKF101) or cause (assistant-refused-by-scc)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "history" -d 'List what this program has changed on clusters, and how each change is undone'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "undo" -d 'Take back what a repair has changed, after showing it and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "resume" -d 'Find out how far an interrupted repair came, and go on with it or end it'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "rbac" -d 'Print ClusterRoles with the rights that reading, and repairing in a namespace, take'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "version" -d 'Print the version of this program, of Kubernetes and of Tekton'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "options" -d 'List the flags that every command takes'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "workflow" -d 'List, read, check, try and carry out repair workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "completion" -d 'Set up completion: for `kubectl tekton-fix` and `oc tekton-fix` with --install, for the bare binary with SHELL'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "__complete" -d 'Answers a completion'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s l -l selector -d 'Only runs with these labels, as kubectl takes them; with -A or without a run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l watch-timeout -d 'How long to watch, 10m for example; without it, until the run settles' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l no-headers -d 'Print the rows of tables alone, without their header'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l all -d 'Diagnose every run of the namespace, grouped by root cause'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l why-not -d 'Show also what was ruled out, and why'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s w -l watch -d 'Follow a live run until its pods are placed, it is done, or it is stuck'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l plan -d 'Carry out the plan of this id instead of choosing' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l set -d 'Carry out the workflow that --plan names with this input: NAME=VALUE; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l max-risk -d 'Consider only plans of at most this risk' -r -f -a "low\t'Only the run itself is concerned, and nothing is lost'
medium\t'The old run is cancelled, or a step gets less than it asked for'
high\t'Others than the run are concerned, or something is lost'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l write-back -d 'Once a new run goes on, make the same change in its manifest, which is found in this file or folder' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l dry-run -d '`client` lists the plans, `server` has the server check one; nothing is changed' -r -f -a "none\t'Create the object'
client\t'Print it'
server\t'Let the server check it'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l wait -d 'How long to wait until the run\'s pods have nodes' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s o -l output -d '`json` prints an event a line' -r -f -a "json\t'JSON, an event a line'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s y -l yes -d 'Do not ask: the best plan, or the one of --plan'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l keep-old -d 'Leave the old run as it is once a new one goes on'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l level -d 'Only this level; may be repeated' -r -f -a "spec\t'What was asked'
pods\t'What Tekton and admission made of it'
outcome\t'How it went'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -s o -l output -d 'Output format' -r -f -a "unified\t'A unified diff of what is compared (the specs, where no --level is given), through KUBECTL_EXTERNAL_DIFF if that is set'
json\t'JSON'
yaml\t'YAML'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l tekton-version -d 'Version of Tekton to which the cluster is to be upgraded, 1.16 for example (default: the newest known)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l pin-node -d 'Pin every pod to a node; without a name, to the best one on which the whole pipeline fits' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l node-selector -d 'Every pod on nodes with this label' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l fs-group -d 'fsGroup of the pod template: a number, or `namespace` for the start of the namespace\'s block' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l run-as-user -d 'runAsUser of the pod template' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l pod-template -d 'Lay the pod template in this file over the run\'s, field by field; null takes a field away' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s p -l param -d 'Give a parameter another value: NAME=VALUE; a list is NAME=A,B or JSON; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l timeout -d 'Give the pipeline this long to end, 2h30m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l drop -d 'Drop a part of what the run asks for; may be repeated' -r -f -a "run-as-user\t'securityContext.runAsUser'
fs-group\t'securityContext.fsGroup'
supplemental-groups\t'securityContext.supplementalGroups'
selinux-options\t'securityContext.seLinuxOptions'
seccomp-profile\t'securityContext.seccompProfile'
run-as-non-root\t'securityContext.runAsNonRoot'
sysctls\t'securityContext.sysctls'
security-context\t'The whole securityContext'
node-selector\t'Node selection of the run'
task-placement\t'Node selection and tolerations of single tasks'
affinity\t'Affinity and anti-affinity'
topology-spread\t'Topology spread constraints'
priority-class\t'priorityClassName'
runtime-class\t'runtimeClassName'
scheduler-name\t'schedulerName'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l toleration -d 'Tolerate a taint: KEY[=VALUE]:EFFECT; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l placement-of -d 'Give the node selection and tolerations of this task to the whole run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l service-account -d 'Run as this ServiceAccount' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l task-service-account -d 'Run a task as this ServiceAccount; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s w -l workspace -d 'Bind a workspace to something else: NAME=emptyDir, name=NAME,claimName=CLAIM[,subPath=DIR] or name=NAME,size=SIZE[,storageClass=CLASS][,accessMode=MODE]; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l request -d 'Let a step, or a whole task, ask for another amount: TASK[/STEP]:RESOURCE=QUANTITY; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l write-back -d 'Once the new run goes on, make the same change in its manifest, which is found in this file or folder' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s o -l output -d 'How to print the run that is created, or with --dry-run would be' -r -f -a "yaml\t'The manifest as YAML'
json\t'The manifest as JSON'
name\t'Its name only'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l dry-run -d '`client` prints the run, `server` has the server check it; nothing is created' -r -f -a "none\t'Create the object'
client\t'Print it'
server\t'Let the server check it'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l wait -d 'How long to watch the new run until its pods have nodes; 0 does not watch' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l drop-security-context -d 'Drop the pod template\'s securityContext'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l security-context-to-tasks -d 'Move the securityContext from the run to each of its tasks, so that the affinity assistant does not get it'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l keep-volumes -d 'Use the volumes that the old run has made for itself, instead of new empty ones'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l only-failed -d 'Run only the tasks that have not succeeded: results of the others are filled in, and their volumes are kept'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l edit -d 'Change the run in $KUBE_EDITOR or $EDITOR before it is checked'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l generate-name -d 'Print metadata.generateName in place of a name, to be created with kubectl: only with --dry-run=client'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l correct-pod-template -d 'Put a pod template that was written beside taskRunTemplate, and so was dropped, into its place'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l cancel-old -d 'Cancel the old run, if it is still under way, once the new one exists'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rerun" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l pod -d 'Judge this pod, which need not belong to a run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l task -d 'Judge the pod of this task of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l kubernetes-version -d 'Release whose scheduler decides, 1.33.4 for example (default: the cluster\'s own)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l without-assistant -d 'Judge as if the affinity towards Tekton\'s affinity assistant were met or gone'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l for-pipeline -d 'Judge all pods of the run together, as if it were submitted again with each of them on one node'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l all -d 'Every node in a row of its own, however many there are'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l no-headers -d 'Print the rows of tables alone, without their header'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand nodes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l pod -d 'Judge this pod, which need not belong to a run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l task -d 'Judge the pod of this task of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l kubernetes-version -d 'Release whose scheduler decides, 1.33.4 for example (default: the cluster\'s own)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l without-assistant -d 'Judge as if the affinity towards Tekton\'s affinity assistant were met or gone'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l for-pipeline -d 'Judge all pods of the run together, as if it were submitted again with each of them on one node'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l all -d 'Every node in a row of its own, however many there are'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l no-headers -d 'Print the rows of tables alone, without their header'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand pick-node" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s f -l filename -d 'Judge a run that has not been submitted yet' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l pod -d 'Judge this pod, which need not belong to a run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l creator -d 'Who creates the pod (default: Tekton\'s controller or the StatefulSet controller, as for such pods)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l creator-group -d 'A group of the creator; name all of them by repeating the flag' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l kubernetes-version -d 'Kubernetes release whose messages to print, 1.33 for example (default: the cluster\'s own)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l confirm-on-server -d 'Ask the server as well, by a dry run that impersonates the creator, and show where it disagrees'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand admission" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l task -d 'Task of the pipeline that the probe stands for (default: the first that waits or failed)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l dry-run -d '`client` prints the TaskRun, `server` has the server check it; nothing is created' -r -f -a "none\t'Create the object'
client\t'Print it'
server\t'Let the server check it'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l wait -d 'How long the probe may take' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s f -l filename -d 'As PATH, the way kubectl takes it' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s o -l output -d 'Output format' -r -f -a "json\t'JSON'
yaml\t'YAML'
github\t'Annotations of a GitHub workflow'
sarif\t'SARIF 2.1.0, with the safe fixes'
gitlab\t'A report of GitLab\'s Code Quality'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l tekton-version -d 'Version of Tekton whose fields are taken (default: the newest that is known)' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l against -d 'The cluster (`live`), an export or objects in a file: its version and its ids are taken, and what becomes of each run is forecast' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l suppress -d 'Findings that are not reported, by code or id; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l print-schema -d 'Print the JSON Schema of KIND (`v1beta1/TaskRun`), or of all kinds, for editors' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'What is refused, changed, or makes the run fail or hang'
warning\t'What depends on the cluster, or works for now, as well'
info\t'Any finding'
never\t'Nothing; files that cannot be read still end with 3'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l fix -d 'Make the safe fixes, after showing them and asking; `unsafe` proposes the others as well, one by one' -r -f -a "safe\t'Where the file says plainly what is meant'
unsafe\t'Those that somebody has to agree to, too'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s R -l recursive -d 'Read folders with all that is below them, which is the default'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l diff -d 'Show the fixes and change nothing'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l check -d 'Change nothing, and exit with 1 where a fix is to be made'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l verbose -d 'Say which files were not judged, and why'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s o -l output -d 'Where to write it: a folder, or an archive by its name (.tar.gz, .tgz, .zip)' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l redact -d 'Replace what matches, in names as well; the same by the same word. May be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l force -d 'Replace a snapshot or archive that is already there'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l no-headers -d 'Print the rows of tables alone, without their header'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l dry-run -d '`server` has the server check it, `client` only names it; nothing is changed' -r -f -a "none\t'Create the object'
client\t'Print it'
server\t'Let the server check it'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l wait -d 'How long to wait until the run\'s pods have nodes' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s o -l output -d '`json` prints an event a line' -r -f -a "json\t'JSON, an event a line'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand rbac" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l client -d 'Only the version of this program; asks no server'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand options" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "list" -d 'List the workflows, of this program and of your own folder'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "show" -d 'Print a workflow, or the JSON Schema of workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "lint" -d 'Check workflows without a cluster: shape, names, expressions'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "test" -d 'Show what a workflow comes to for a run of an export or a cluster: steps, changes and forecast; nothing is changed'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "run" -d 'Carry out a workflow for a run, after showing every change and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and not __fish_seen_subcommand_from list show lint test run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l no-headers -d 'Print the rows of tables alone, without their header'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l save -d 'Write it into this folder (default: that of your own workflows), with the schema beside it' -r -f -a "(__fish_complete_directories)"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "yaml\t'As it is written'
json\t'As JSON'
name\t'Its name only'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l schema -d 'Print the JSON Schema of workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -s o -l output -d 'Output format; `name` prints the files with something wrong' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s f -l file -d 'Read the workflow from this file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l set -d 'Give an input: NAME=VALUE; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''
jsonpath=\t''
jsonpath-file=\t''
custom-columns=\t''
custom-columns-file=\t''"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s f -l file -d 'Read the workflow from this file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l set -d 'Give an input: NAME=VALUE; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l max-risk -d 'Carry it out only if it is of at most this risk' -r -f -a "low\t'Only the run itself is concerned, and nothing is lost'
medium\t'The old run is cancelled, or a step gets less than it asked for'
high\t'Others than the run are concerned, or something is lost'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l dry-run -d '`client` shows what would be done, `server` has the server check it; nothing is changed' -r -f -a "none\t'Create the object'
client\t'Print it'
server\t'Let the server check it'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l wait -d 'How long to wait where a step does not say it' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s o -l output -d '`json` prints an event a line; with --dry-run=client one document' -r -f -a "json\t'JSON, an event a line'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s y -l yes -d 'Do not ask'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the workflows, of this program and of your own folder'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print a workflow, or the JSON Schema of workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "lint" -d 'Check workflows without a cluster: shape, names, expressions'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "test" -d 'Show what a workflow comes to for a run of an export or a cluster: steps, changes and forecast; nothing is changed'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "run" -d 'Carry out a workflow for a run, after showing every change and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand workflow; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l install -d 'Write what kubectl and oc call into this folder of the PATH (default: that of the binary as it was called)' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -s n -l namespace -d 'Namespace of the run' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l from -d 'Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l kubeconfig -d 'Path of the kubeconfig file' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l context -d 'Context of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l as -d 'User to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l token -d 'Bearer token' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l request-timeout -d 'How long one request may take, 30s or 2m for example' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l command-timeout -d 'How long the whole command may take; without it, as long as it needs' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l tls-server-name -d 'Name to expect in the server\'s certificate' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l certificate-authority -d 'File with the certificate authority' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l client-certificate -d 'File with the client\'s certificate' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l client-key -d 'File with the client\'s key' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l cache-dir -d 'Accepted as kubectl\'s flag: nothing is cached' -r -F
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -s v -l v -d 'Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies' -r
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -l show-secrets -d 'Show values of parameters and variables whose name speaks of a secret, and tokens in texts'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand __complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "diagnose" -d 'Diagnose why a run is stuck or has failed, with the evidence and what fixes it'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "repair" -d 'Diagnose a run, choose a fix that is predicted to work, and carry it out after showing it and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "diff" -d 'Compare two runs and show which difference matters; with one run, against the newest good run of its pipeline'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "check" -d 'Show which Tekton is installed, what its affinity-assistant flags really do, and what namespaces would refuse'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "rerun" -d 'Resubmit a run, pinned to a node or with a corrected pod template, after showing the change and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "nodes" -d 'Show on which nodes a pod can run, as kube-scheduler would decide it, and why not on the others'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "admission" -d 'Show which SCC admits a run\'s pods with which ids, or why none does, before they are created'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "probe" -d 'Try a minimal TaskRun with the run\'s ServiceAccount, pod template and volume, to tell whether the environment is at fault'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "lint" -d 'Check manifests of Tekton before they are submitted, and fix what can be fixed safely'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "snapshot" -d 'Take what the diagnosis of a run reads into a folder or archive, without secrets'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "explain" -d 'Explain a finding by its code (TKF101) or cause (assistant-refused-by-scc)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "history" -d 'List what this program has changed on clusters, and how each change is undone'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "undo" -d 'Take back what a repair has changed, after showing it and asking'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "resume" -d 'Find out how far an interrupted repair came, and go on with it or end it'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "rbac" -d 'Print ClusterRoles with the rights that reading, and repairing in a namespace, take'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "version" -d 'Print the version of this program, of Kubernetes and of Tekton'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "options" -d 'List the flags that every command takes'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "workflow" -d 'List, read, check, try and carry out repair workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "completion" -d 'Set up completion: for `kubectl tekton-fix` and `oc tekton-fix` with --install, for the bare binary with SHELL'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "__complete" -d 'Answers a completion'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and not __fish_seen_subcommand_from diagnose repair diff check rerun nodes admission probe lint snapshot explain history undo resume rbac version options workflow completion __complete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and __fish_seen_subcommand_from workflow" -f -a "list" -d 'List the workflows, of this program and of your own folder'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and __fish_seen_subcommand_from workflow" -f -a "show" -d 'Print a workflow, or the JSON Schema of workflows'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and __fish_seen_subcommand_from workflow" -f -a "lint" -d 'Check workflows without a cluster: shape, names, expressions'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and __fish_seen_subcommand_from workflow" -f -a "test" -d 'Show what a workflow comes to for a run of an export or a cluster: steps, changes and forecast; nothing is changed'
complete -c kubectl-tekton_fix -n "__fish_kubectl_tekton_fix_using_subcommand help; and __fish_seen_subcommand_from workflow" -f -a "run" -d 'Carry out a workflow for a run, after showing every change and asking'
