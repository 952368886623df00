import idna

print(idna.encode("königsgäßchen.example").decode())
