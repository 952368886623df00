echo '{"a": [1, 2]}' | jq .a[1]
