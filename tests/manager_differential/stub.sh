#!/bin/sh
# Stands for every package manager and compiler of the generated Dockerfiles, by the name that it is called by. It does to the
# files below $ROOT what the real one does, as far as a later call could tell, and logs the call with its status; where it
# works from what an earlier one has downloaded, also whether that was there (`hit`) or not (`miss`).
#
# In: caches, indices, installed packages and programs, flags that keep a cache from being made, failures. Not in:
# everything else that the options of the real ones do.

name=${0##*/}
bin=$ROOT/usr/local/bin
status=0
found=
call="$name $*"

end() {
  printf '%s = %s%s\n' "$call" "$status" "$found" >> "$LOG"
  exit "$status"
}

has() {
  for wanted; do
    case " $call " in *" $wanted "*) return 0 ;; esac
  done
  return 1
}

# Nothing outside of $ROOT is ever touched.
guard() {
  case $1 in
    *..*) status=99; end ;;
    "$ROOT"/* | [!/]*) ;;
    *) status=99; end ;;
  esac
}

make_folder() {
  guard "$1"
  [ -d "$1" ] || mkdir -p "$1"
}

fill() {
  for folder; do
    make_folder "$folder"
    : > "$folder/kept.gem"
  done
}

delete() {
  for deleted; do guard "$deleted"; done
  /bin/rm -rf "$@"
}

works_from() {
  if [ -e "$1/kept.gem" ]; then found=" hit"; else found=" miss"; fi
}

# Ends with a status where the folder is empty.
needs() {
  works_from "$1"
  [ "$found" = " hit" ] || { status=$2; end; }
}

is_there() { [ -e "$bin/$1" ]; }

compiles() {
  is_there gcc || is_there g++ || is_there build-essential || is_there build-base || { status=1; end; }
}

# Makes a file for each operand; $2 is the status of a package that there is none of.
install() {
  make_folder "$1"
  for package in $operands; do
    case $package in
      fails*) status=$2; end ;;
      psycopg2 | bcrypt) compiles ;;
    esac
  done
  [ "$operands" ] || : > "$1/all"
  for package in $operands; do : > "$1/${package##*/}"; done
}

# A package of the distribution: a file in its database, and one where its program is.
install_packages() {
  install "$1" "$2"
  for package in $operands; do
    : > "$bin/${package##*/}"
    [ "$3" = lean ] || : > "$1/${package##*/}+recommended"
  done
}

remove_packages() {
  for package in $operands; do
    [ "$package" = fails ] && { status=1; end; }
    delete "$1/$package" "$bin/$package"
  done
}

# Sets what stands behind the options.
read_words() {
  subcommand= operands= skip=
  for word; do
    if [ "$skip" ]; then
      skip=
      continue
    fi
    case $word in
      -o | -t | --virtual | --prefix | -r | -n | -d | --cwd | --network-timeout | --python | --repository) skip=1 ;;
      -*) ;;
      *) if [ "$subcommand" ]; then operands="$operands $word"; else subcommand=$word; fi ;;
    esac
  done
}

apt() {
  lists=$ROOT/var/lib/apt/lists
  database=$ROOT/var/lib/dpkg/info
  lean=
  has --no-install-recommends && lean=lean
  case $name.$subcommand in
    apt-cache.*) needs "$lists" 100 ;;
    *.update)
      fill "$lists"
      [ -e "$ROOT/etc/apt/apt.conf.d/docker-clean" ] || fill "$ROOT/var/cache/apt"
      ;;
    *.install | *.upgrade | *.dist-upgrade | *.full-upgrade | *.build-dep)
      needs "$lists" 100
      install_packages "$database" 100 "$lean"
      [ -e "$ROOT/etc/apt/apt.conf.d/docker-clean" ] || fill "$ROOT/var/cache/apt/archives"
      ;;
    *.remove | *.purge | *.autoremove) remove_packages "$database" ;;
    *.clean | *.autoclean) delete "$ROOT/var/cache/apt/archives" ;;
  esac
}

apk() {
  folder=$ROOT/var/cache/apk
  [ -d "$ROOT/etc/apk/cache" ] && folder=$ROOT/etc/apk/cache
  database=$ROOT/lib/apk/db
  case $subcommand in
    update) fill "$folder" ;;
    add | upgrade | search)
      case $operands in
        *.apk) ;;
        *)
          if ! has --no-cache; then
            if has -U --update --update-cache; then fill "$folder"; fi
            needs "$folder" 1
          fi
          ;;
      esac
      found=
      [ "$subcommand" = search ] || add_packages "$@"
      ;;
    del) delete_packages ;;
    cache) delete "$folder/kept.gem" ;;
  esac
}

# The compilers bring a library along, which goes with them unless it was asked for.
add_packages() {
  install_packages "$database" 1 lean
  group=
  for word; do
    case $group in '' | -*) ;; *) printf '%s' "$operands" > "$ROOT/lib/apk/$group"; break ;; esac
    case $word in -t | --virtual) group=-next ;; *) [ "$group" ] && group=$word ;; esac
  done
  for package in $operands; do
    case $package in
      libstdc++ | libgcc) : > "$ROOT/lib/apk/wants-$package" ;;
      g++ | build-base) : > "$database/libstdc++" ;;
      gcc) : > "$database/libgcc" ;;
    esac
  done
}

delete_packages() {
  for package in $operands; do
    [ -e "$ROOT/lib/apk/$package" ] && operands="$operands $(cat "$ROOT/lib/apk/$package")"
  done
  remove_packages "$database"
  for library in libgcc libstdc++; do
    [ -e "$ROOT/lib/apk/wants-$library" ] || delete "$database/$library"
  done
}

dnf() {
  folder=$ROOT/var/cache/dnf
  [ "$name" = yum ] && folder=$ROOT/var/cache/yum
  [ -e "$ROOT/etc/dnf5" ] && folder=$ROOT/var/cache/libdnf5
  lean=
  has --setopt=install_weak_deps=False && lean=lean
  case $subcommand in
    install | update | upgrade | makecache | groupinstall)
      if has -C --cacheonly; then needs "$folder" 1; fi
      fill "$folder"
      [ "$subcommand" = makecache ] || install_packages "$ROOT/var/lib/rpm" 1 "$lean"
      ;;
    remove | erase) remove_packages "$ROOT/var/lib/rpm" ;;
    clean) delete "$folder" ;;
  esac
}

zypper() {
  case $subcommand in
    refresh | ref) fill "$ROOT/var/cache/zypp" ;;
    install | in | update | up)
      if has --no-refresh; then needs "$ROOT/var/cache/zypp" 1; fi
      fill "$ROOT/var/cache/zypp"
      install_packages "$ROOT/var/lib/rpm" 1 lean
      ;;
    remove | rm) remove_packages "$ROOT/var/lib/rpm" ;;
    clean | cc) delete "$ROOT/var/cache/zypp" ;;
  esac
}

pacman() {
  operands="$subcommand$operands"
  case $1 in
    -Scc | -Sc) ;;
    -S*)
      case $1 in *y*) fill "$ROOT/var/lib/pacman/sync" ;; esac
      [ -e "$ROOT/var/lib/pacman/sync/kept.gem" ] || { status=1; end; }
      fill "$ROOT/var/cache/pacman/pkg"
      install_packages "$ROOT/var/lib/pacman/local" 1 lean
      ;;
    -U) [ -e "$operands" ] || status=1 ;;
    -R*) remove_packages "$ROOT/var/lib/pacman/local" ;;
  esac
}

# What a mount lies over cannot be deleted, only emptied.
rm() {
  for operand; do
    operand=${operand%/}
    case $operand in -*) continue ;; esac
    guard "$operand"
    for mount in $MOUNTS; do
      case $mount in
        "$operand" | "$operand"/*) delete "$mount"/*; status=1; end ;;
      esac
    done
    case $WHO.$operand in
      root.* | *."$HOME"/* | *."$ROOT"/tmp/* | *.[!/]*) ;;
      *) [ ! -e "$operand" ] || { status=1; end; } ;;
    esac
  done
  /bin/rm "$@" 2> /dev/null || status=$?
}

case $name in
  sudo)
    while :; do case $1 in -*) shift ;; *) break ;; esac; done
    exec env "$@"
    ;;
  python*)
    [ "$1.$2" != -m.pip ] || { shift 2; name=pip; }
    ;;
esac

read_words "$@"
case $name in
  apt | apt-get | aptitude | apt-cache) apt ;;
  apk) apk "$@" ;;
  dnf | yum | microdnf) dnf ;;
  zypper) zypper ;;
  pacman) pacman "$@" ;;
  rm) rm "$@" ;;
  curl) ;;
  *)
    is_there "$name" || { status=127; end; }
    . "${0%/*}/languages.sh"
    language "$@"
    ;;
esac
end
