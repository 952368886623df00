#include "hex.hpp"

#include <iostream>

int main(int count, char **words)
{
    std::cout << digest(count > 1 ? words[1] : "") << std::endl;
}
