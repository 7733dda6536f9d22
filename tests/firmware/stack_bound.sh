#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The most stack that each operation of an image can take, in bytes:
#   stack_bound.sh IMAGE CALLS...      prints "OPERATION BYTES PATH" for each function op_OPERATION
#
# CALLS are what -fcallgraph-info=su wrote of its sources: frames, and who calls whom. Calls that
# the compiler made by itself, tail calls and what lies in libraries come from the disassembly; a
# frame of a library is all that it ever pushes. The path with the largest sum counts, whether or
# not it can be taken. Errors, because there is no bound then: recursion, a frame whose size is not
# constant, and a call by pointer that is not in the list below.
set -euo pipefail

# Calls by pointer: what stands in the line of source; what it may call, by the name that the
# compiler says of it. `-`: only what the user has written, whose stack comes on top. `nests`: what
# is called may be an occurrence of a recurring job, which then does the same with the callable of
# the user: once and not twice. `optional`: only if the program has it. (A job of the image that
# measures itself is called measuring, and not followed.)
pointers='
table_->run(bytes_ ; callable_functions<.*::run\( ; nests
table_->conclude(bytes_ ; callable_functions<.*::conclude\( ; nests
table->destroy(bytes_ ; callable_functions<.*::destroy\( ; nests
table_->stands_for(bytes_ ; callable_functions<.*::stands_for\( ; nests
traits->is_failure( ; -
traits->next_retry( ; -
traits->on_dead( ; -
services_(scheduler_ ; job_services<.*::serve\(
canceller_.cancel( ; lambda\(void\*, .*job_id\)>::_FUN\(
crew_.finish( ; ::finish_without_workers\( ; optional
calendar_->due( ; ::calendar_of_wall::due\(
calendar_->step( ; ::calendar_of_wall::step\(
next_(fields_, place_ ; ::first_after\(const .*cron_masks
next_(expression ; zone_ref::next_in
days(masks, day) ; ::(every_day|weekly|plain_day_at_or_after|any_day_at_or_after)\(
'

image=$1
shift
{
    arm-none-eabi-nm "$image" | awk '$2 ~ /^[tTwW]$/ { print "name", $1, $3 }'
    arm-none-eabi-objdump -d --no-show-raw-insn "$image" | sed 's/^/code /'
    sed 's/^/calls /' "$@"
} | awk -v pointers="$pointers" '
    BEGIN {
        rows = split(pointers, row, "\n")
        for (i = 1; i <= rows; ++i) {
            if (split(row[i], part, / ; /) < 2) { continue }
            ++rules
            rule_text[rules] = part[1]
            rule_target[rules] = part[2]
            rule_how[rules] = part[3]
        }
    }
    function fail(name, text) {
        printf "%s: %s\n", readable(name), text > "/dev/stderr"
        bad = 1
    }
    # A name as in the source, without what its templates stand for.
    function readable(name,  text) {
        text = name in label ? label[name] : name
        sub(/ \[with .*/, "", text)
        sub(/\\n.*/, "", text)
        return text
    }
    # A symbol, under whatever name: functions that are the same were merged.
    function known(name) { return name in address ? called[address[name]] : name }
    function assembler_name(title) { sub(/^.*:/, "", title); return title }
    function add_edge(from, to) {
        if (!((from, to) in edge)) {
            edge[from, to] = 1
            callee[from, ++callees[from]] = to
        }
    }

    # ---- Names
    $1 == "name" {
        value = $2
        sub(/^0*/, "", value)
        address[$3] = value
        if (!(value in called)) { called[value] = $3 }
        next
    }

    # ---- The disassembly
    $1 == "code" && /^code [0-9a-f]+ <.*>:$/ {
        current = $3
        gsub(/[<>:]/, "", current)
        # The name that calls use is this one.
        if (current in address) { called[address[current]] = current }
        exists[current] = 1
        next
    }
    $1 == "code" && $3 == ".word" {
        words[current] = words[current] " " $4
        next
    }
    $1 == "code" && NF >= 3 {
        op = $3
        if (op == "push" || op ~ /^stmdb/ && $4 == "sp!,") {
            pushed[current] += registers($0) * 4
        } else if (op ~ /^sub/ && $4 == "sp," && match($0, /#[0-9]+/)) {
            pushed[current] += substr($0, RSTART + 1, RLENGTH - 1)
        } else if (op ~ /^str/ && match($0, /\[sp, #-[0-9]+\]!/)) {
            pushed[current] += substr($0, RSTART + 7, RLENGTH - 9)
        } else if (op ~ /^vpush/) {
            fail(current, $0)
        } else if (op == "pop") {
            popped = $0
            popped_at = NR
        } else if (op == "bx" && popped_at + 3 >= NR && popped ~ ("[{ ]" $4 "[,}]")) {
            # a return: a small core pops its address into another register, if it has arguments to
            # take off the stack after it
        } else if (op ~ /^(blx|bx)$/ && $4 != "lr") {
            by_pointer[current] = 1
        } else if (op ~ /^(bl?|b[a-z][a-z]|blx)([.][nw])?$/ && match($0, /<[^>]*>/)) {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            sub(/[+]0x[0-9a-f]+$/, "", target)
            if (target != current) { jumps[++jump_count] = current " " target }
        }
        next
    }
    # How many are in a list.
    function registers(line,  list) {
        sub(/^[^{]*[{]/, "", line)
        if (line ~ /-/) { fail(current, "a range of registers: " line) }
        return split(line, list, ",")
    }
    # The address of a function without the bit that says Thumb.
    function even(value,  last) {
        last = index("0123456789abcdef", substr(value, length(value)))
        return substr(value, 1, length(value) - 1) substr("0123456789abcdef", last - 1, 1)
    }

    # ---- What the compiler said
    $1 == "calls" && $2 == "node:" {
        match($0, /title: "[^"]*"/)
        name = assembler_name(substr($0, RSTART + 8, RLENGTH - 9))
        match($0, /label: "[^"]*"/)
        text = substr($0, RSTART + 8, RLENGTH - 9)
        if (!match(text, /[0-9]+ bytes \([a-z,]*\)/)) { next }
        how = substr(text, RSTART, RLENGTH)
        frame[name] = how + 0
        if (how ~ /dynamic/ && how !~ /bounded/) { boundless[name] = 1 }
        label[name] = text
        next
    }
    $1 == "calls" && $2 == "edge:" {
        match($0, /sourcename: "[^"]*"/)
        from = assembler_name(substr($0, RSTART + 13, RLENGTH - 14))
        match($0, /targetname: "[^"]*"/)
        to = assembler_name(substr($0, RSTART + 13, RLENGTH - 14))
        if (to != "__indirect_call") {
            said[++said_count] = from " " to
        } else if (match($0, /label: "[^"]*"/)) {
            place = substr($0, RSTART + 8, RLENGTH - 9)
            pointer_call[from, ++pointer_calls[from]] = place
        }
        next
    }

    function source_line(place,  part, file, line, count) {
        if (place in line_of) { return line_of[place] }
        split(place, part, ":")
        file = part[1]
        count = 0
        while ((getline line < file) > 0) {
            if (++count == part[2]) {
                line_of[place] = line
                break
            }
        }
        close(file)
        return line_of[place]
    }

    # Of `name`, in bytes. `nested`: below an occurrence of a recurring job.
    function depth(name, nested,
                   key, worst, i, r, sum, place, found, text, target, path, how, inside, above) {
        name = known(name)
        key = name SUBSEP nested
        if (key in result) { return result[key] }
        if (key in open) {
            fail(name, "recursion, by way of " stack_of)
            return 0
        }
        open[key] = 1
        above = stack_of
        stack_of = stack_of (stack_of == "" ? "" : ", ") readable(name)
        if (!(name in frame) && by_pointer[name]) { fail(name, "a call by pointer in a library") }
        if (name in boundless) { fail(name, "its frame has no constant size") }
        worst = 0
        path = ""
        for (i = 1; i <= callees[name]; ++i) {
            sum = depth(callee[name, i], nested)
            if (sum > worst) {
                worst = sum
                path = trace[known(callee[name, i]) SUBSEP nested]
            }
        }
        for (i = 1; i <= pointer_calls[name]; ++i) {
            place = pointer_call[name, i]
            text = source_line(place)
            found = 0
            for (r = 1; r <= rules && !found; ++r) {
                if (!index(text, rule_text[r])) { continue }
                found = rule_target[r] == "-" || rule_how[r] != ""
                how = rule_how[r]
                for (target in label) {
                    if (rule_target[r] == "-" || !(target in exists) ||
                        label[target] !~ rule_target[r]) {
                        continue
                    }
                    found = 1
                    if (label[target] ~ /measuring/) { continue }
                    inside = nested
                    if (how == "nests" && label[target] ~ /F = [^ ]*( const)?[^ ]*occurrence</) {
                        if (nested) { continue }
                        inside = 1
                    }
                    sum = depth(target, inside)
                    if (sum > worst) {
                        worst = sum
                        path = trace[known(target) SUBSEP inside]
                    }
                }
            }
            if (!found) { fail(name, "a call by pointer, " place ": " text) }
        }
        delete open[key]
        stack_of = above
        # Arguments that are passed in registers and put on the stack by who is called are missing
        # from what the compiler says.
        sum = name in frame && frame[name] > pushed[name] + 0 ? frame[name] : pushed[name] + 0
        trace[key] = " " name "=" sum path
        result[key] = sum + worst
        return result[key]
    }

    END {
        for (i = 1; i <= said_count; ++i) {
            split(said[i], part, " ")
            # What is not in the image is not called: it was inlined, or is never reached.
            if (known(part[1]) in exists && known(part[2]) in exists) {
                add_edge(known(part[1]), known(part[2]))
            }
        }
        for (i = 1; i <= jump_count; ++i) {
            split(jumps[i], part, " ")
            add_edge(known(part[1]), known(part[2]))
        }
        # Frames and calls by pointer of functions that were merged, under the name that is left.
        for (name in frame) {
            if (known(name) != name && !(known(name) in frame)) { frame[known(name)] = frame[name] }
        }
        # A function that is called often may be so by a register, where that is the shorter code:
        # its address then lies with the constants of the caller.
        for (name in exists) {
            if (!by_pointer[name]) { continue }
            number = split(words[name], part, " ")
            found = pointer_calls[name]
            for (i = 1; i <= number; ++i) {
                value = part[i]
                sub(/^0x0*/, "", value)
                if (value ~ /[13579bdf]$/ && (value = even(value)) in called) {
                    found = 1
                    if (!(called[value] in frame)) { add_edge(name, called[value]) }
                }
            }
            if (!found && name in frame) {
                fail(name, "a call by pointer that the compiler has not told of")
            }
        }
        for (name in exists) {
            if (name !~ /^op_/) { continue }
            sum = depth(name, 0)
            path = trace[name SUBSEP 0]
            if (name ~ /_from_interrupt$/) {
                # What the core pushes: eight registers, and a word that aligns them.
                sum += 36 + depth("Interrupt0_Handler", 0)
                path = path " interrupt=36" trace["Interrupt0_Handler" SUBSEP 0]
            }
            printf "%s %d%s\n", substr(name, 4), sum, path
        }
        exit bad
    }'
