#!/bin/sh
echo "2 ^ 64" | bc
