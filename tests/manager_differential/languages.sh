# The second half of the stub (see stub.sh): what installs packages for programming languages, and compilers.

# An option with its value, such as `-o server`.
value_of() {
  wanted=$1
  shift
  for word; do
    if [ "$previous" = "$wanted" ]; then value=$word; fi
    previous=$word
  done
}

python() {
  case $name.$subcommand in
    pip*.install)
      [ "$PIP_NO_CACHE_DIR" ] || has --no-cache-dir || fill "${PIP_CACHE_DIR:-$HOME/.cache/pip}"
      install "$ROOT/usr/local/lib/site-packages" 1
      ;;
    pip*.cache) if has purge; then delete "$HOME/.cache/pip"; fi ;;
    uv.pip | uv.sync | uv.add)
      if has --offline; then needs "$HOME/.cache/uv" 1; fi
      [ "$UV_NO_CACHE" ] || has --no-cache || fill "$HOME/.cache/uv"
      install "$ROOT/usr/local/lib/site-packages" 1
      ;;
    uv.cache) delete "$HOME/.cache/uv" ;;
    pipx.install)
      has --pip-args=--no-cache-dir || fill "$HOME/.cache/pip"
      install "$HOME/.local/pipx" 1
      ;;
    poetry.install | poetry.add)
      fill "$HOME/.cache/pypoetry/cache" "$HOME/.cache/pypoetry/artifacts"
      # What stands behind `install` are groups.
      if [ "$subcommand" = install ]; then operands=; fi
      install "$HOME/.cache/pypoetry/virtualenvs" 1
      ;;
    poetry.run) [ -d "$HOME/.cache/pypoetry/virtualenvs" ] || status=1 ;;
    pipenv.install | pipenv.sync)
      fill "$HOME/.cache/pipenv" "$HOME/.cache/pip"
      install "$HOME/.local/share/virtualenvs" 1
      ;;
    pdm.install | pdm.sync | pdm.add)
      fill "$HOME/.cache/pdm"
      install .venv 1
      ;;
    pdm.cache) delete "$HOME/.cache/pdm" ;;
    conda.clean) delete "$ROOT/opt/conda/pkgs" ;;
    conda.install | conda.create | conda.update | conda.env)
      if has --offline; then needs "$ROOT/opt/conda/pkgs" 1; fi
      fill "$ROOT/opt/conda/pkgs"
      install "$ROOT/opt/conda/envs" 1
      ;;
  esac
}

javascript() {
  case $name in
    npm) folder=${npm_config_cache:-$HOME/.npm} ;;
    yarn) folder=$HOME/.cache/yarn; [ "$WHO" != root ] || folder=$ROOT/usr/local/share/.cache/yarn ;;
    pnpm) folder=$HOME/.local/share/pnpm/store ;;
  esac
  case $name.$subcommand in
    *.install | *.ci | *.i | *.add | *.update | yarn. | yarn.global)
      if has --offline; then needs "$folder" 1; fi
      if has --prefer-offline; then works_from "$folder"; fi
      fill "$folder"
      [ "$name" != pnpm ] || fill "$HOME/.cache/pnpm"
      if has -g global; then install "$ROOT/usr/local/lib/node_modules" 1; else install node_modules 1; fi
      ;;
    npm.cache)
      if has --force; then delete "$folder"; elif has clean; then status=1; fi
      ;;
    yarn.cache) if has clean; then delete "$folder"; fi ;;
    pnpm.store) if has prune; then delete "$HOME/.cache/pnpm"; fi ;;
    *.run | yarn.build) if [ -d node_modules ]; then : > dist; else status=1; fi ;;
  esac
}

scripting() {
  composer=${COMPOSER_HOME:-$HOME/.composer}/cache
  bundle=$ROOT/usr/local/bundle
  case $name.$subcommand in
    composer.install | composer.update | composer.require)
      [ -z "$COMPOSER_DISABLE_NETWORK" ] || needs "$composer" 1
      fill "$composer"
      install vendor 1
      ;;
    composer.clear-cache | composer.clearcache) delete "$composer" ;;
    pecl.install) fill "$ROOT/tmp/pear"; install "$ROOT/usr/local/lib/php" 1 ;;
    docker-php-ext-enable.*) [ -e "$ROOT/usr/local/lib/php/$subcommand" ] || status=1 ;;
    gem.install)
      install "$ROOT/usr/local/lib/gems" 1
      has --no-document -N || fill "$ROOT/usr/local/lib/gems/doc"
      ;;
    bundle.install | bundle. | bundle.update)
      if has --local; then needs "$bundle/cache" 1; fi
      fill "$HOME/.bundle/cache" "$bundle/cache"
      install "$bundle/gems" 1
      ;;
    bundle.exec) [ -d "$bundle/gems" ] || status=1 ;;
    cpanm.*) fill "$HOME/.cpanm"; operands=$subcommand; install "$ROOT/usr/local/lib/perl" 1 ;;
    cpan.*) fill "$HOME/.cpan/build" "$HOME/.cpan/sources"; operands=$subcommand; install "$ROOT/usr/local/lib/perl" 1 ;;
    install2.r.*) fill "$ROOT/tmp/downloaded_packages"; operands=$subcommand; install "$ROOT/usr/local/lib/R" 1 ;;
  esac
}

# Says whether its folder was filled, fills it, and leaves a program. `$1`: how it is told not to download.
builds_from() {
  forbidden=$1
  shift
  works_from "$1"
  [ "$forbidden" != yes ] || needs "$1" 1
  fill "$@"
}

compiled() {
  forbidden=no
  case $name in
    go)
      [ "$GOPROXY" != off ] || forbidden=yes
      case $subcommand in
        clean)
          if has -cache; then delete "$HOME/.cache/go-build"; fi
          if has -modcache; then delete "$ROOT/go/pkg/mod"; fi
          return
          ;;
        mod) builds_from $forbidden "$ROOT/go/pkg/mod"; return ;;
        build | install | test | run | generate)
          builds_from $forbidden "$ROOT/go/pkg/mod" "$HOME/.cache/go-build"
          ;;
        *) return ;;
      esac
      ;;
    cargo)
      if has --offline --frozen; then forbidden=yes; fi
      builds_from $forbidden "$ROOT/usr/local/cargo/registry" "$ROOT/usr/local/cargo/git"
      [ "$subcommand" != fetch ] || return
      ;;
    mvn)
      if has -o --offline; then forbidden=yes; fi
      builds_from $forbidden "$HOME/.m2/repository"
      ;;
    gradle)
      if has --offline; then forbidden=yes; fi
      builds_from $forbidden "$HOME/.gradle/caches"
      ;;
    dotnet)
      if [ "$subcommand" = nuget ]; then
        if has --clear; then delete "$HOME/.nuget/packages"; else fill "$HOME/.nuget/NuGet"; fi
        return
      fi
      if has --no-restore; then forbidden=yes; fi
      builds_from $forbidden "$HOME/.nuget/packages"
      [ "$subcommand" != restore ] || return
      ;;
  esac
  value=$name-built
  value_of -o "$@"
  : > "$value"
}

language() {
  case $name in
    pip* | uv | poetry | pdm) python ;;
    conda | mamba) name=conda; python ;;
    npm | yarn | pnpm) javascript ;;
    composer | pecl | docker-php-ext-enable | gem | bundle | cpanm | cpan | install2.r) scripting ;;
    go | cargo | mvn | gradle | dotnet) compiled "$@" ;;
    make) compiles; : > made ;;
  esac
}
