tree /srv
command -v bc || echo no bc
