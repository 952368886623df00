#pragma once
#include <string>

std::string digest(const std::string &text);
