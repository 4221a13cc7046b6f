# bash completion for tenbin(1)

# Options of the commands. tests/cli/test_documents.py compares them with --help.
_tenbin_options() {
    local general='--help --version -h -V'
    local measuring='--warmup --duration --requests --seed --keep-data --yes
        --workload --memtier --redis-benchmark --ratio --keys --key-prefix --key-size --hash-tags --key-dist --value-size
        --compressibility --values --object --encode --compress --ttl --data --elements --command --weight
        --clients --threads --pipeline --rate --load --arrival --think-time --churn
        --timeout --resp --no-pin
        --json --store --no-color --progress --quiet -d -n -c -t -P -q'
    case $1 in
        compare)
            echo "--preset --pairs --max-pairs --time-budget --no-calibrate --slice --margin --gate --aa --force --require-conclusive
                $measuring $general"
            ;;
        run) echo "$measuring $general" ;;
        calibrate) echo "--pairs --slice --settle $measuring $general" ;;
        suite)
            echo "--budget --full --dry-run --resume --rate --data-limit --key-prefix --threads
                --timeout --no-pin --preset --pairs --slice --margin --gate --aa --force
                --require-conclusive --warmup --duration --seed --keep-data --yes
                --json --store --no-color --progress --quiet -d -q -t $general"
            ;;
        report) echo "--json --no-color --quiet -q --store $general" ;;
        list) echo "--limit --json --store $general" ;;
        show) echo "--no-color --quiet -q --store $general" ;;
        export) echo "--json --store $general" ;;
        import) echo "--label --unit --store $general" ;;
        rm) echo "--store $general" ;;
        gc) echo "--older-than --store $general" ;;
        servers) echo "--json $general" ;;
        profile) echo "--duration --samples --asking-rate --out --show-keys --seed --quiet -d -o -q $general" ;;
        replay) echo "--speed --keep-keys --key-prefix --pairs --timeout --seed --keep-data --yes
            --json --store --no-color --progress --quiet -q $general" ;;
        workload) echo "--requests --seed -n $general" ;;
        doctor) echo "$general" ;;
    esac
}

# Values of the option $1, for those that have names. False: nothing is known about them.
_tenbin_values() {
    case $1 in
        --preset) echo 'quick standard rigorous' ;;
        --slice) echo '100ms 250ms 500ms 1s whole' ;;
        --gate) echo 'ops p50 p99 p999 cpu' ;;
        --margin) echo 'ops= p50= p99= p999= cpu=' ;;
        --key-dist) echo 'uniform zipf:0.99 hotspot:0.2:0.8 gauss:0.1 latest seq' ;;
        --values) echo 'random text number json' ;;
        --encode) echo 'json msgpack' ;;
        --compress) echo 'none zlib zlib:9 zstd zstd:9 lz4' ;;
        --speed) echo '1 2 10 max' ;;
        --data) echo 'string list hash set zset stream hyperloglog geo bitmap none' ;;
        --workload) tenbin workload list 2>/dev/null | cut -d ' ' -f 1 ;;
        --arrival) echo 'poisson constant' ;;
        --load) echo 'closed ramp: steps: burst: sine:' ;;
        --resp) echo '2 3' ;;
        --unit) echo 'ns us ms s' ;;
        *) return 1 ;;
    esac
}

_tenbin_takes_value() {
    case $1 in
        --pairs | --warmup | --duration | -d | --requests | -n | --seed | --ratio | --keys | \
            --key-prefix | --key-size | --value-size | --hash-tags | --compressibility | --ttl | \
            --elements | --settle | --budget | --data-limit | --command | --weight | --clients | -c | --threads | -t | \
            --pipeline | -P | --rate | --think-time | --timeout | --memtier | --redis-benchmark | \
            --object | --samples | --asking-rate | --limit | --older-than | --label)
            return 0
            ;;
    esac
    return 1
}

# Replies with the words of $1 that begin with $2. Without `mapfile`, for bash 3.
_tenbin_reply() {
    local IFS=$' \t\n'
    # shellcheck disable=SC2207 # the words are our own, without blanks or patterns
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_tenbin_reply_files() {
    local IFS=$'\n'
    # shellcheck disable=SC2207 # one file per line
    COMPREPLY=($(compgen -f -- "$1"))
    compopt -o filenames 2>/dev/null
}

# Completes the last part of a list with commas: ops,p99,...
_tenbin_reply_list() {
    local before=
    [[ $2 == *,* ]] && before=${2%,*},
    _tenbin_reply "$1" "${2##*,}"
    COMPREPLY=("${COMPREPLY[@]/#/$before}")
    compopt -o nospace 2>/dev/null
}

_tenbin_reply_target() {
    local schemes='redis:// rediss:// valkey:// valkeys:// unix:// local:redis-server local:valkey-server'
    _tenbin_reply "$schemes" "$1"
    # Readline takes ':' for the end of a word and replaces only what follows it.
    if [[ $1 == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=${1%"${1##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
    [[ ${COMPREPLY[0]-} == *// ]] && compopt -o nospace 2>/dev/null
}

# The word under the cursor with what Readline cut off before ':' and '='.
_tenbin_whole_word() {
    local text=${COMP_LINE:0:COMP_POINT}
    echo "${text##*[[:space:]]}"
}

_tenbin() {
    local word previous command=
    local commands='compare run suite calibrate report list show export import rm gc servers workload profile replay doctor'
    COMPREPLY=()
    word=$(_tenbin_whole_word)
    previous=${COMP_WORDS[COMP_CWORD - 1]}
    if ((COMP_CWORD == 1)); then
        _tenbin_reply "$commands help --help --version" "$word"
        return
    fi
    command=${COMP_WORDS[1]}
    if [[ $command == help ]]; then
        _tenbin_reply "$commands" "$word"
        return
    fi
    if [[ $word == --*=* ]]; then
        previous=${word%%=*}
        word=${word#*=}
    fi
    local values
    if [[ $previous == --json || $previous == --store || $previous == --out || $previous == -o ||
        $previous == --resume ]]; then
        _tenbin_reply_files "$word"
    elif [[ $previous == --gate || $previous == --margin ]]; then
        _tenbin_reply_list "$(_tenbin_values "$previous")" "$word"
    elif values=$(_tenbin_values "$previous"); then
        _tenbin_reply "$values" "$word"
    elif _tenbin_takes_value "$previous"; then
        return
    elif [[ $word == -* ]]; then
        _tenbin_reply "$(_tenbin_options "$command")" "$word"
    elif [[ $command == workload ]]; then
        if ((COMP_CWORD == 2)); then
            _tenbin_reply 'list show check sample' "$word"
        else
            _tenbin_reply "$(_tenbin_values --workload)" "$word"
        fi
    elif [[ $command == import ]]; then
        _tenbin_reply_files "$word"
    elif [[ $command =~ ^(report|show|export|rm)$ ]]; then
        _tenbin_reply "last $(tenbin list --limit 1000 2>/dev/null | sed 1d | cut -d ' ' -f 1)" "$word"
    elif [[ $command == suite && $COMP_CWORD == 2 ]]; then
        _tenbin_reply "list show check $(tenbin suite list 2>/dev/null | cut -d ' ' -f 1)" "$word"
    elif [[ $command == suite && ${COMP_WORDS[2]} == show ]]; then
        _tenbin_reply "$(tenbin suite list 2>/dev/null | cut -d ' ' -f 1)" "$word"
    elif [[ $command == suite && ${COMP_WORDS[2]} == check ]]; then
        _tenbin_reply_files "$word"
    elif [[ ! $command =~ ^(servers|list|gc)$ ]]; then
        _tenbin_reply_target "$word"
    fi
}

complete -F _tenbin tenbin
