<?php
namespace Text;
class Upper { public static function of(string $s): string { return strtoupper($s); } }
