<?php

namespace Shop;

final class Price
{
    public static function of(float $amount): string
    {
        return (new \NumberFormatter("de_DE", \NumberFormatter::CURRENCY))->formatCurrency($amount, "EUR");
    }
}
