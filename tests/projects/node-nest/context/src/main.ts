import { NestFactory } from '@nestjs/core';
import { Controller, Get, Module } from '@nestjs/common';
@Controller()
class C { @Get() hi() { return 'hi'; } }
@Module({ controllers: [C] })
class M {}
NestFactory.create(M).then(a => a.listen(18115));
