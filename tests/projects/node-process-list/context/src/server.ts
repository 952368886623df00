import express from 'express';

express().get('/', (request, response) => response.json('api')).listen(18172);
