<?php
require __DIR__ . "/../vendor/autoload.php";
echo (new App\Page())->show(parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH)), " ", getenv("APP_ENV"), "\n";
