cat /home/worker/hello.html
/home/worker/.local/bin/pygmentize -V | cut -d ' ' -f 1-3
