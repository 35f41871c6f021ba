import { expect } from 'chai';
import type { OpenAPIV3, OpenAPIV3_1 } from 'openapi-types';
import type { oas30, oas31 } from 'openapi3-ts';
import { asArray, asObject, type JsonObject } from '../../openapi/json-node.js';
import { mergeOpenApi } from '../../openapi/merge.js';
import { structureErrors } from './structure.js';

const GROUPS = '/api/annotations/{annotation_id}/mask-groups';

/** A host's document that nothing can change without an error. */
function host(more: JsonObject = {}, version = '3.1.0') {
  return deepFreeze({
    openapi: version,
    info: { title: 'Annotation server', version: '7' },
    paths: {
      '/api/annotations': {
        get: { operationId: 'listAnnotations', responses: { 200: { description: 'All of them.' } } },
      },
    },
    ...more,
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

const schemasOf = (document: object) => asObject(asObject((document as JsonObject).components).schemas);
const operationOf = (document: object, path: string, method: string) =>
  asObject(asObject(asObject((document as JsonObject).paths)[path])[method]);
const answerRef = (operation: JsonObject, status: number) => {
  const content = asObject(asObject(asObject(operation.responses)[status]).content);
  return asObject(asObject(content['application/json']).schema).$ref;
};

describe('mergeOpenApi', () => {
  for (const version of ['3.0.3', '3.1.0', '3.2.0']) {
    it(`adds our paths to an OpenAPI ${version} document, which stays sound`, () => {
      const merged = mergeOpenApi(host({}, version), { mountPath: '/api' });
      expect(structureErrors(merged)).to.deep.equal([]);
      expect(merged.openapi).to.equal(version);
      expect(merged.paths).to.include.keys('/api/annotations', GROUPS);
      expect(operationOf(merged, GROUPS, 'post').operationId).to.equal('createMaskGroup');
    });
  }

  it('speaks the version of the document', () => {
    const sliceIndex = (version: string) => {
      const mask = asObject(schemasOf(mergeOpenApi(host({}, version), { mountPath: '/api' })).Mask);
      return asObject(asObject(mask.properties).slice_index);
    };
    expect(sliceIndex('3.0.0')).to.include({ type: 'integer', nullable: true });
    expect(sliceIndex('3.1.1').type).to.deep.equal(['integer', 'null']);
  });

  it('adds to a document that has neither paths nor components', () => {
    const merged = mergeOpenApi(deepFreeze({ openapi: '3.1.0', info: { title: 'Bare', version: '1' } }), {
      mountPath: '/',
    });
    expect(structureErrors(merged)).to.deep.equal([]);
    expect(asObject(merged)).to.have.property('paths').which.includes.keys('/annotations/{annotation_id}/mask-groups');
  });

  it('takes the document types of the usual libraries', () => {
    const document = { openapi: '3.0.3', info: { title: 'Typed', version: '1' }, paths: {} };
    const typed: [oas30.OpenAPIObject, oas31.OpenAPIObject, OpenAPIV3.Document, OpenAPIV3_1.Document] = [
      mergeOpenApi<oas30.OpenAPIObject>(document, { mountPath: '/api' }),
      mergeOpenApi<oas31.OpenAPIObject>(document, { mountPath: '/api' }),
      mergeOpenApi<OpenAPIV3.Document>(document, { mountPath: '/api' }),
      mergeOpenApi<OpenAPIV3_1.Document>(document, { mountPath: '/api' }),
    ];
    for (const merged of typed) expect(merged.paths).to.include.keys(GROUPS);
  });

  it('renames only the schemas that clash, and what refers to them', () => {
    const merged = mergeOpenApi(host({ components: { schemas: { Mask: { type: 'string' } } } }), { mountPath: '/api' });
    const schemas = schemasOf(merged);
    expect(schemas.Mask).to.deep.equal({ type: 'string' });
    expect(Object.keys(schemas).filter((name) => name.startsWith('MaskUpload'))).to.deep.equal(['MaskUploadMask']);
    expect(JSON.stringify(schemas.MaskList)).to.contain('"#/components/schemas/MaskUploadMask"');
    expect(structureErrors(merged)).to.deep.equal([]);
    expect(answerRef(operationOf(merged, '/api/annotations/{annotation_id}/masks/{mask_id}', 'get'), 200)).to.equal(
      '#/components/schemas/MaskUploadMask',
    );
  });

  it('shares a schema that the document already holds, whatever the order of its keys', () => {
    const ours = schemasOf(mergeOpenApi(host(), { mountPath: '/api' }));
    const reversed = Object.fromEntries(Object.entries(asObject(ours.Problem)).reverse());
    const document = host({ components: { schemas: { Problem: reversed, FieldError: ours.FieldError } } });
    expect(schemasOf(mergeOpenApi(document, { mountPath: '/api' }))).to.have.all.keys(Object.keys(ours));
  });

  it('keeps apart a schema that only looks the same because what it refers to has the same name', () => {
    const ours = schemasOf(mergeOpenApi(host(), { mountPath: '/api' }));
    const document = host({ components: { schemas: { MaskList: ours.MaskList, Mask: { type: 'string' } } } });
    const merged = mergeOpenApi(document, { mountPath: '/api' });
    expect(answerRef(operationOf(merged, `${GROUPS}/{group_id}/masks`, 'get'), 200)).to.equal(
      '#/components/schemas/MaskUploadMaskList',
    );
  });

  it('mounts twice: operationIds are renamed, schemas and tags shared', () => {
    const once = deepFreeze(mergeOpenApi(host({ components: { schemas: { Mask: {} } } }), { mountPath: '/api' }));
    const twice = deepFreeze(mergeOpenApi(once, { mountPath: '/v2/{tenant}' }));
    const thrice = mergeOpenApi(twice, { mountPath: '/v3' });
    expect(structureErrors(thrice)).to.deep.equal([]);
    expect(schemasOf(thrice)).to.have.all.keys(Object.keys(schemasOf(once)));
    expect(asObject(thrice).tags).to.deep.equal(asObject(once).tags);
    const create = (mount: string) => operationOf(thrice, `${mount}/annotations/{annotation_id}/mask-groups`, 'post');
    expect(['/api', '/v2/{tenant}', '/v3'].map((mount) => create(mount).operationId)).to.deep.equal([
      'createMaskGroup',
      'maskUploadCreateMaskGroup',
      'maskUploadCreateMaskGroup2',
    ]);
  });

  it('declares the parameters of the mount path', () => {
    const merged = mergeOpenApi(host(), { mountPath: '/tenants/{tenant}/' });
    const path = '/tenants/{tenant}/annotations/{annotation_id}/mask-groups';
    expect(asArray(operationOf(merged, path, 'post').parameters)[0]).to.include({ name: 'tenant', in: 'path' });
  });

  it('gives our tags another name when the document uses theirs', () => {
    const merged = mergeOpenApi(host({ tags: [{ name: 'Masks', description: 'Halloween' }] }), { mountPath: '/api' });
    expect(asArray(asObject(merged).tags).map((tag) => asObject(tag).name)).to.deep.equal([
      'Masks',
      'Mask groups',
      'Mask uploads',
      'MaskUpload Masks',
    ]);
    expect(operationOf(merged, `${GROUPS}/{group_id}/masks`, 'get').tags).to.deep.equal(['MaskUpload Masks']);
  });

  it('uses the tags, the security and the prefix that it is told to', () => {
    const document = host({
      security: [{ cookie: [] }],
      components: { schemas: { Mask: {} }, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    });
    const merged = mergeOpenApi(document, {
      mountPath: '/api',
      tags: ['Annotations'],
      security: [{ bearer: [] }],
      prefix: 'Seg',
    });
    expect(operationOf(merged, GROUPS, 'post')).to.deep.include({ tags: ['Annotations'], security: [{ bearer: [] }] });
    expect(schemasOf(merged)).to.include.keys('SegMask');
    expect(merged).not.to.have.property('tags');
    expect(operationOf(merged, '/api/annotations', 'get')).not.to.have.property('security');
  });

  it('refuses a security scheme that the document does not have', () => {
    const merge = () => mergeOpenApi(host(), { mountPath: '/api', security: [{ bearer: [] }] });
    expect(merge).to.throw('components.securitySchemes has no bearer');
  });

  it('adds to a path that the document has, and refuses a method that it has as well', () => {
    const taken = (method: string) => host({ paths: { [GROUPS]: { [method]: { operationId: 'x', responses: {} } } } });
    expect(asObject(mergeOpenApi(taken('put'), { mountPath: '/api' }).paths)[GROUPS]).to.have.all.keys(
      'put',
      'post',
      'get',
    );
    expect(() => mergeOpenApi(taken('post'), { mountPath: '/api' })).to.throw(`already has POST ${GROUPS}`);
  });

  it('refuses the same path with other parameter names', () => {
    const document = host({ paths: { '/api/annotations/{id}/mask-groups': {} } });
    expect(() => mergeOpenApi(document, { mountPath: '/api' })).to.throw(
      `already has /api/annotations/{id}/mask-groups, which is the same path as ${GROUPS}`,
    );
  });

  it('refuses to add to a path item that is a $ref', () => {
    const document = host({ paths: { [GROUPS]: { $ref: '#/components/pathItems/Groups' } } });
    expect(() => mergeOpenApi(document, { mountPath: '/api' })).to.throw('is a $ref');
  });

  it('sees operationIds of webhooks and callbacks', () => {
    const operation = (operationId: string) => ({ post: { operationId, responses: { 200: { description: 'ok' } } } });
    const callback = { ...operation('x').post, callbacks: { done: { '{$request.body#/url}': operation('getMask') } } };
    const merged = mergeOpenApi(host({ webhooks: { a: operation('deleteMask'), b: { post: callback } } }), {
      mountPath: '/api',
    });
    const path = '/api/annotations/{annotation_id}/masks/{mask_id}';
    expect(operationOf(merged, path, 'delete').operationId).to.equal('maskUploadDeleteMask');
    expect(operationOf(merged, path, 'get').operationId).to.equal('maskUploadGetMask');
  });

  it('copes with a dereferenced document that holds cycles', () => {
    const mask: Record<string, unknown> = { type: 'object', properties: {} };
    mask.properties = { parent: mask };
    const document = {
      openapi: '3.1.0',
      info: { title: 'Cycle', version: '1' },
      components: { schemas: { Mask: mask } },
    };
    expect(schemasOf(mergeOpenApi(document, { mountPath: '/api' })).Mask).to.equal(mask);
  });

  it('refuses Swagger 2.0 and what is not OpenAPI, in words', () => {
    const swagger = { swagger: '2.0', info: {} } as unknown as oas30.OpenAPIObject;
    expect(() => mergeOpenApi(swagger, { mountPath: '/api' })).to.throw('Swagger 2.0 documents are not supported');
    for (const openapi of ['4.0.0', '', '2.0']) {
      expect(() => mergeOpenApi({ openapi, info: {} }, { mountPath: '/api' })).to.throw('`openapi` must be a version');
    }
  });

  it('refuses a mount path that is none', () => {
    for (const mountPath of ['api', '', '/a b', '/a?b', '/a//b', '/*', '/{}', '/{a']) {
      expect(() => mergeOpenApi(host(), { mountPath }), mountPath).to.throw('mountPath must be the path');
    }
    expect(() => mergeOpenApi(host(), { mountPath: '/:tenant' })).to.throw('written as {name}');
    expect(() => mergeOpenApi(host(), { mountPath: '/{group_id}' })).to.throw('rename it');
    expect(() => mergeOpenApi(host(), { mountPath: '/api', prefix: '../' })).to.throw('prefix must be letters');
  });
});
