import express, { type Router } from 'express';
import type { Knex } from 'knex';
import { auth } from './auth.js';

/**
 * The host's own list of annotations. Everyone with a token sees every title here, so that one can try what the package
 * answers to those who may not go further; a real host lists what its user may read.
 */
export function annotationRoutes(knex: Knex): Router {
  const router = express.Router();
  router.get('/annotations', async (req, res) => {
    if (!(await auth.authenticate(req))) return void res.status(401).set('WWW-Authenticate', 'Bearer').end();
    res.set('Cache-Control', 'no-store').json(await knex('annotation_annotation').select('id', 'title').orderBy('id'));
  });
  return router;
}
