/* Says how many bytes a text takes when it is compressed. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

int main(int argc, char **argv)
{
    unsigned char bytes[4096];
    unsigned long length = sizeof bytes;
    const char *text = argc > 1 ? argv[1] : "";
    if (compress(bytes, &length, (const unsigned char *)text, strlen(text)) != Z_OK)
        return 1;
    printf("%zu to %lu\n", strlen(text), length);
    return 0;
}
