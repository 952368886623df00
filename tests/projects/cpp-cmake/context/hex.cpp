#include "hex.hpp"

#include <openssl/sha.h>

std::string digest(const std::string &text)
{
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char *>(text.data()), text.size(), bytes);
    std::string hex;
    for (unsigned char byte : bytes)
        for (int shift : {4, 0})
            hex += "0123456789abcdef"[(byte >> shift) & 15];
    return hex;
}
