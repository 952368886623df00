tree /srv
echo "2 ^ 10" | bc
cat greeting.txt
