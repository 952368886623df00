<?php
require __DIR__ . "/../vendor/autoload.php";
if ((new App\Page())->show("a") !== "PAGE A") { exit(1); }
echo "ok\n";
