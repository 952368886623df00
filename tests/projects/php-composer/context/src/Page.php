<?php
namespace App;
class Page { public function show(string $p): string { return \Text\Upper::of("page " . $p); } }
