<?php

require __DIR__ . "/../vendor/autoload.php";

echo Shop\Price::of(12.5), "\n";
