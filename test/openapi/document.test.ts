import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import type { oas31 } from 'openapi3-ts';
import { openApiFragment } from '../../openapi/document.js';
import { examples } from '../../openapi/examples.js';
import { generatedFiles } from '../../openapi/generate.js';
import { asObject } from '../../openapi/json-node.js';
import { schemas } from '../../openapi/schemas.js';
import { toOpenApi30 } from '../../openapi/to-3.0.js';
import { ERROR_CODES } from '../../src/domain/errors.js';
import { closedComponents, formats, operations } from '../support/openapi.js';
import { structureErrors } from './structure.js';

const document31 = openApiFragment('1.2.3');
const document30 = toOpenApi30(document31);

/** Strict, with the schemas themselves checked, and with the formats that the API promises. */
function strictAjv(components: unknown): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    formats: { ...formats, int32: true, int64: true },
  });
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'fragment', components });
  return ajv;
}

describe('the OpenAPI document', () => {
  it('is what the generated files hold (if not: npm run openapi)', async () => {
    for (const [name, text] of Object.entries(await generatedFiles())) {
      const stored = await readFile(new URL(`../../openapi/${name}`, import.meta.url), 'utf8');
      expect(stored === text, `${name} is stale: run npm run openapi`).to.equal(true);
      expect(text.endsWith('}\n')).to.equal(true);
    }
  });

  it('has an operation for each thing that the API does', () => {
    expect(operations().map(({ operationId }) => operationId)).to.have.members([
      'createMaskGroup',
      'listMaskGroups',
      'getMaskGroup',
      'getMaskGroupArchive',
      'updateMaskGroup',
      'deleteMaskGroup',
      'signUpload',
      'signUploads',
      'listUploads',
      'renewUpload',
      'giveUpUpload',
      'completeUpload',
      'listMasks',
      'getMask',
      'signMaskDownload',
      'getMaskContent',
      'deleteMask',
    ]);
  });

  it('is soundly built, as 3.1 and as 3.0', () => {
    expect(document31.openapi).to.equal('3.1.0');
    expect(document30.openapi).to.equal('3.0.3');
    expect(structureErrors(document31)).to.deep.equal([]);
    expect(structureErrors(document30)).to.deep.equal([]);
  });

  it('gives every operation the errors that any request can end in', () => {
    for (const path of Object.values(document31.paths ?? {})) {
      for (const operation of Object.values(path as Record<string, oas31.OperationObject>)) {
        expect(Object.keys(operation.responses ?? {}), operation.operationId).to.include.members(
          ['400', '401', '403', '404', '500', '503'].concat(operation.requestBody ? ['408', '413', '415'] : []),
        );
      }
    }
  });

  it('documents every error code of the API at some operation', () => {
    const documented = new Set<string>();
    JSON.stringify(document31.paths, (key, value) => {
      if (key === 'x-error-codes') for (const code of value) documented.add(code);
      return value;
    });
    const belongsToNoOperation = ['method-not-allowed'];
    expect([...documented]).to.have.members(
      Object.keys(ERROR_CODES).filter((code) => !belongsToNoOperation.includes(code)),
    );
  });

  it('holds schemas that a strict validator takes', () => {
    const ajv = strictAjv({ schemas });
    for (const name of Object.keys(schemas)) {
      expect(ajv.getSchema(`fragment#/components/schemas/${name}`), name).to.be.a('function');
    }
  });

  it('gives an example of every body, which is exactly what its schema says', () => {
    const ajv = strictAjv(closedComponents);
    for (const [name, example] of Object.entries(examples)) {
      const validate = ajv.getSchema(`fragment#/components/schemas/${name}`);
      expect(validate?.(example), `${name}: ${ajv.errorsText(validate?.errors)}`).to.equal(true);
    }
  });

  it('is made anew each time, so that nobody can change the schemas that requests are checked with', () => {
    const mine = openApiFragment('1');
    Object.assign(mine.components?.schemas?.FileToSign ?? {}, { required: [] });
    expect(openApiFragment('1').components?.schemas?.FileToSign).to.have.deep.property('required', [
      'mime_type',
      'file_size',
    ]);
  });
});

describe('the OpenAPI 3.0 form', () => {
  const schema = (name: string) => asObject(asObject(document30.components?.schemas)[name]);
  const property = (of: string, name: string) => asObject(asObject(schema(of).properties)[name]);

  it('says null as nullable', () => {
    expect(property('Mask', 'slice_index')).to.include({ type: 'integer', nullable: true });
    expect(property('FileToSign', 'content_encoding')).to.deep.include({ nullable: true, enum: ['gzip', null] });
  });

  it('says several types as anyOf', () => {
    expect(property('MaskGroup', 'annotation_id').anyOf).to.deep.equal([{ type: 'integer' }, { type: 'string' }]);
    expect(property('MaskGroup', 'created_by').anyOf).to.deep.equal([
      { type: 'integer', nullable: true },
      { type: 'string', nullable: true },
    ]);
  });

  it('has the same paths and operations as 3.1', () => {
    const outline = (paths: unknown) =>
      Object.entries(asObject(paths)).map(([path, item]) => [path, ...Object.keys(asObject(item))]);
    expect(outline(document30.paths)).to.deep.equal(outline(document31.paths));
  });

  it('refuses to lose a keyword that 3.0 does not have', () => {
    const document = openApiFragment('1');
    Object.assign(document.components?.schemas ?? {}, { Extra: { type: 'array', prefixItems: [] } });
    expect(() => toOpenApi30(document)).to.throw('OpenAPI 3.0 has no prefixItems');
  });
});
