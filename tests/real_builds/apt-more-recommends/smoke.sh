ps --version
pdfinfo /papers/empty.pdf 2>&1 || echo "pdfinfo ends with $?"
