#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Holds every #include line against the table of layers: a folder may include the folders and libraries of its row only.
# Also: each header compiles alone, each file names its licence.
set -u
cd "$(dirname "$0")/../.."
failed=0
ok() { printf '[       OK ] %s\n' "$1"; }
bad() { printf '[  FAILED  ] %s\n' "$1"; failed=1; }

libc='assert complex ctype errno fcntl float inttypes limits locale math poll pthread sched setjmp signal stdalign stdarg
stdatomic stdbool stddef stdint stdio stdlib string strings time unistd dirent getopt byteswap endian
sys/[a-z_]* netinet/[a-z]* arpa/inet net/if linux/[a-z_]* malloc'

# folder | our folders it may include | libraries it may include (patterns of header names)
table='scanner/base|scanner/base|
lists|lists|archive archive_entry idn2 libpsl xxhash
output|output|zstd xxhash
scanner/mail|scanner/base scanner/mail|openssl/[a-z0-9_]*
scanner/dns|scanner/base scanner/dns|uv ares ares_nameser ares_version
scanner/results|scanner/base scanner/mail scanner/results lists output|yajl/[a-z_]* xxhash
scanner|scanner scanner/base scanner/dns scanner/mail scanner/results lists output|uv ck_[a-z]*'

folder_files() { # files of one folder, not of those below it
    git ls-files --cached --others --exclude-standard "$1/*.c" "$1/*.h" | grep -E "^$1/[^/]+$"
}

while IFS='|' read -r folder ours libraries; do
    wrong=0
    for file in $(folder_files "$folder"); do
        # main.c prints the versions of all libraries.
        [ "$file" = scanner/main.c ] && continue
        while read -r included; do
            case $included in
            \"*)
                path=${included//\"/}
                dir=${path%/*}
                case " $ours " in *" $dir "*) ;; *) echo "$file includes $path, which is not below it"; wrong=1 ;; esac
                ;;
            \<*)
                name=${included#<} name=${name%.h>}
                fits=0
                for pattern in $libc $libraries; do
                    if [[ $name =~ ^$pattern$ ]]; then fits=1; break; fi
                done
                [ $fits = 1 ] || { echo "$file includes <$name.h>, which $folder/ does not know"; wrong=1; }
                ;;
            esac
        done < <(sed -nE 's/^ *# *include +([<"][^>"]+[>"]).*/\1/p' "$file")
    done
    [ $wrong = 0 ] && ok "$folder/ includes only what its layer may" || bad "$folder/ includes only what its layer may"
done <<<"$table"

# Threads and the network library stay where the design puts them.
if grep -lE '#include <(pthread|ck_[a-z]+)\.h>' $(git ls-files 'lists/*.c' 'output/*.c' 'scanner/*/*.c' 'scanner/*/*.h'); then
    bad "threads exist only in scanner/*.c"
else
    ok "threads exist only in scanner/*.c"
fi
count=$(git ls-files 'scanner/dns/*.[ch]' | xargs grep -lE '#include <ares' | wc -l)
if [ "$count" -le 4 ]; then ok "c-ares is known to a few files of scanner/dns/ ($count)"; else bad "c-ares is known to $count files"; fi

wrong=0
for header in $(git ls-files --cached --others --exclude-standard 'scanner/*.h' 'lists/*.h' 'output/*.h' 'bench/*.h' 'tests/*.h'); do
    printf '#include "%s"\n' "$header" |
        ${CC:-cc} -std=c17 -D_GNU_SOURCE -DTRIFECTA_VERSION='"x"' -I. -Wall -Wextra -fsyntax-only -x c - || { echo "$header"; wrong=1; }
done
[ $wrong = 0 ] && ok "each header compiles alone" || bad "each header compiles alone"

wrong=0
for file in $(git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.def' '*.sh' Makefile); do
    head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$file has no SPDX line"; wrong=1; }
done
[ $wrong = 0 ] && ok "each source file names its licence" || bad "each source file names its licence"
exit $failed
