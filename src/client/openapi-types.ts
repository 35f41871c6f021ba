// Generated from the OpenAPI document by `npm run openapi`.
export interface paths {
    "/annotations/{annotation_id}/mask-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the mask groups of an annotation
         * @description Newest first. Filters match exactly and can be combined.
         */
        get: operations["listMaskGroups"];
        put?: never;
        /**
         * Create a mask group
         * @description Every field is optional. The user who makes the request is kept as `created_by`.
         */
        post: operations["createMaskGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a mask group, with what it holds */
        get: operations["getMaskGroup"];
        put?: never;
        post?: never;
        /**
         * Delete a mask group
         * @description Deletes the group, its masks, its pending uploads and the stored objects.
         */
        delete: operations["deleteMaskGroup"];
        options?: never;
        head?: never;
        /**
         * Change a mask group
         * @description Changes the fields that are sent; `null` clears a field.
         */
        patch: operations["updateMaskGroup"];
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download every mask of a group as a ZIP
         * @description Holds every file as it is stored, named by slice, label and mask id (`slice-0042_liver_mask-4711.png`), and a `metadata.json`: `mask_group`, and `masks`, each with its `file_name` in the ZIP, true `label_name`, slice, `checksum` and all else that is known of it. It is the group at one moment: when a file is missing, or a mask is deleted before its turn, the connection breaks. A ZIP that ends is whole.
         */
        get: operations["getMaskGroupArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/signed-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign the upload of one file
         * @description Send the bytes to `upload_url` with `method` and exactly `headers`, before `expires_at`. The URL takes exactly the promised size (and bytes, where a checksum was given), once. If the storage answers 412, the object is already there: go on to complete. Nothing is recorded until the upload is completed.
         *
         *     A file that is larger than the server puts in one request (64 MiB unless it is configured otherwise) is uploaded in parts: the answer then has `multipart` in place of method, URL and headers.
         */
        post: operations["signUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/signed-urls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign the upload of many files
         * @description All files are signed, or none. Send the bytes to `upload_url` with `method` and exactly `headers`, before `expires_at`. The URL takes exactly the promised size (and bytes, where a checksum was given), once. If the storage answers 412, the object is already there: go on to complete. Nothing is recorded until the upload is completed.
         *
         *     A file that is larger than the server puts in one request (64 MiB unless it is configured otherwise) is uploaded in parts: the answer then has `multipart` in place of method, URL and headers.
         */
        post: operations["signUploads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the pending uploads of a group
         * @description The files that were signed and are not recorded yet, oldest first, with what the storage has received of each: to resume after an interruption. Renew the `pending` ones and upload them (of a multipart one only the parts that are not in `received_parts`), complete the `received` and `verified` ones, sign the `rejected` ones anew.
         */
        get: operations["listUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Give a pending upload up
         * @description The upload can then be neither renewed nor completed, and what is or will be stored for it is deleted. A file that was completed is a mask: delete that instead.
         */
        delete: operations["giveUpUpload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/uploads/{upload_id}/signed-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign a pending upload again, or parts of it
         * @description A fresh URL for the same object and the same promise; earlier URLs stay valid as long as they were. The upload can be completed for longer, too. Send the bytes to `upload_url` with `method` and exactly `headers`, before `expires_at`. The URL takes exactly the promised size (and bytes, where a checksum was given), once. If the storage answers 412, the object is already there: go on to complete. Nothing is recorded until the upload is completed.
         *
         *     Of a multipart upload the parts that `part_numbers` names are signed. Send bytes `offset` to `offset + length` of the file to each `upload_url`, in any order and at the same time; a part that is sent again replaces itself. When the storage answers 404 or 412 to a part, the file may have been put together already, or what was sent may be gone: list the pending uploads to see what is there.
         */
        post: operations["renewUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify and record uploaded files
         * @description The server itself checks size, SHA-256 and content of each stored object and then records all files as masks, or none: an error has the status and code of the first failing file and lists every failing file in `errors`. The parts of a multipart upload are put together first; while some are missing that is `upload-missing`. Repeating the call is safe and answers the same masks.
         */
        post: operations["completeUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/mask-groups/{group_id}/masks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the masks of a group
         * @description Ordered by slice index, label and id; masks without slice or label come last. Filters match exactly and can be combined.
         */
        get: operations["listMasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/masks/{mask_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a mask */
        get: operations["getMask"];
        put?: never;
        post?: never;
        /**
         * Delete a mask
         * @description Deletes the mask and its stored object.
         */
        delete: operations["deleteMask"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/masks/{mask_id}/download-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign the download of a mask
         * @description The URL stays the same for half its life, so that caches work. The bytes come as they are stored: with `content_encoding` set, they are compressed.
         */
        post: operations["signMaskDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/annotations/{annotation_id}/masks/{mask_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the bytes of a mask
         * @description For `<img>` and curl: redirects to a signed GET (a HEAD request to a signed HEAD) or, where this server is set to, answers with the stored bytes themselves, whole or a single range of them. With `content_encoding` set, they are compressed.
         */
        get: operations["getMaskContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A new mask group. `null` means absent. */
        CreateMaskGroupRequest: {
            /** @description What people call the group. Must not name or identify a patient. */
            group_name?: string | null;
            /** @description The model, tool or protocol that made the masks. */
            model_name?: string | null;
            /** @description Version of the model or protocol. */
            version?: string | null;
            /** @description DICOM Modality (0008,0060), such as `CT` or `MR`. */
            modality?: string | null;
            /**
             * Format: int32
             * @description How many slices make the group complete. Defaults to 1.
             * @default 1
             */
            slice_count?: number | null;
            /**
             * @description What kind of masks. Defaults to `segmentation`.
             * @default segmentation
             */
            mask_type?: string | null;
            /** @description Free text. Must not name or identify a patient. */
            description?: string | null;
        };
        /** @description The fields to change; the others stay. `null` clears a field: `slice_count` and `mask_type` go back to their defaults. An empty object changes nothing. */
        UpdateMaskGroupRequest: {
            /** @description What people call the group. Must not name or identify a patient. */
            group_name?: string | null;
            /** @description The model, tool or protocol that made the masks. */
            model_name?: string | null;
            /** @description Version of the model or protocol. */
            version?: string | null;
            /** @description DICOM Modality (0008,0060), such as `CT` or `MR`. */
            modality?: string | null;
            /**
             * Format: int32
             * @description How many slices make the group complete. Defaults to 1.
             */
            slice_count?: number | null;
            /** @description What kind of masks. Defaults to `segmentation`. */
            mask_type?: string | null;
            /** @description Free text. Must not name or identify a patient. */
            description?: string | null;
        };
        /** @description One file that is to be uploaded. `null` means absent. */
        FileToSign: {
            /** @description MIME type of the decoded file. By default `image/png`, `application/dicom`, `application/vnd.nifti`, `application/x-nifti`, `application/x-nrrd` and `application/json` are taken. */
            mime_type: string;
            /**
             * Format: int64
             * @description Exact size in bytes, as it will be sent (after any content encoding). The storage refuses any other length.
             */
            file_size: number;
            /** @description Checked, then forgotten: letters, digits, `.`, `_` and `-`, with an extension that fits the MIME type. It never becomes part of a path. */
            filename?: string | null;
            /** @description SHA-256 of the bytes as sent, in hexadecimal. Send it where you can: the storage then refuses any other bytes. */
            checksum?: string | null;
            /**
             * Format: int32
             * @description Which slice the mask belongs to. Leave out `slice_index` and `sop_instance_uid` for a volume.
             */
            slice_index?: number | null;
            /** @description SOP Instance UID (0008,0018) of the image that the mask belongs to. */
            sop_instance_uid?: string | null;
            /** @description What is segmented, such as `liver`. A group holds a slice and label once. */
            label_name?: string | null;
            /**
             * Format: int32
             * @description Width in pixels. For PNG it is checked against the file.
             */
            width?: number | null;
            /**
             * Format: int32
             * @description Height in pixels. For PNG it is checked against the file.
             */
            height?: number | null;
            /**
             * @description Set when the bytes are sent compressed. Not for PNG. Size and checksum are of the compressed bytes.
             * @enum {string|null}
             */
            content_encoding?: "gzip" | null;
        };
        /** @description One file that is to be uploaded, and for how long its URL is wanted. */
        SignUploadRequest: {
            /** @description MIME type of the decoded file. By default `image/png`, `application/dicom`, `application/vnd.nifti`, `application/x-nifti`, `application/x-nrrd` and `application/json` are taken. */
            mime_type: string;
            /**
             * Format: int64
             * @description Exact size in bytes, as it will be sent (after any content encoding). The storage refuses any other length.
             */
            file_size: number;
            /** @description Checked, then forgotten: letters, digits, `.`, `_` and `-`, with an extension that fits the MIME type. It never becomes part of a path. */
            filename?: string | null;
            /** @description SHA-256 of the bytes as sent, in hexadecimal. Send it where you can: the storage then refuses any other bytes. */
            checksum?: string | null;
            /**
             * Format: int32
             * @description Which slice the mask belongs to. Leave out `slice_index` and `sop_instance_uid` for a volume.
             */
            slice_index?: number | null;
            /** @description SOP Instance UID (0008,0018) of the image that the mask belongs to. */
            sop_instance_uid?: string | null;
            /** @description What is segmented, such as `liver`. A group holds a slice and label once. */
            label_name?: string | null;
            /**
             * Format: int32
             * @description Width in pixels. For PNG it is checked against the file.
             */
            width?: number | null;
            /**
             * Format: int32
             * @description Height in pixels. For PNG it is checked against the file.
             */
            height?: number | null;
            /**
             * @description Set when the bytes are sent compressed. Not for PNG. Size and checksum are of the compressed bytes.
             * @enum {string|null}
             */
            content_encoding?: "gzip" | null;
            /**
             * Format: int32
             * @description How long the URL is valid, in seconds. Default and maximum are the server’s (600 and 3600 unless it is configured lower).
             */
            ttl_seconds?: number | null;
        };
        /** @description The files that are to be uploaded. Asking for the same slice and label twice in one request is an error. */
        SignUploadsRequest: {
            /** @description URLs are answered in this order. */
            files: components["schemas"]["FileToSign"][];
            /**
             * Format: int32
             * @description How long the URL is valid, in seconds. Default and maximum are the server’s (600 and 3600 unless it is configured lower).
             */
            ttl_seconds?: number | null;
        };
        /** @description For how long fresh upload URLs are wanted, and of a multipart upload for which parts. */
        RenewUploadRequest: {
            /** @description Of a multipart upload, and only of one: the parts to sign. Sign as many as will be sent soon, then the next ones. */
            part_numbers?: number[] | null;
            /**
             * Format: int32
             * @description How long the URL is valid, in seconds. Default and maximum are the server’s (600 and 3600 unless it is configured lower).
             */
            ttl_seconds?: number | null;
        };
        /** @description The uploaded files that are to become masks: all of them, or none. */
        CompleteRequest: {
            /** @description The `file_path` or `upload_id` of each uploaded file, as signing answered it. */
            uploaded_files: string[];
            /**
             * Format: int32
             * @description When sent: how many distinct slices the group must hold afterwards.
             */
            slice_count?: number | null;
            /** @description When sent: exactly the labels that the group must hold afterwards, in any order. */
            labels?: string[] | null;
            /** @description Whether a slice and label that the group already holds is replaced (which needs the right to delete as well). Otherwise it is refused as `slice-exists`. */
            replace?: boolean | null;
        };
        /** @description For how long the download URL is wanted. */
        SignDownloadRequest: {
            /**
             * Format: int32
             * @description How long the URL is valid, in seconds. Default and maximum are the server’s (600 and 3600 unless it is configured lower).
             */
            ttl_seconds?: number | null;
        };
        /** @description A group of masks of one annotation. */
        MaskGroup: {
            /**
             * Format: int64
             * @description The group’s id.
             */
            id: number;
            /** @description The annotation’s own key: a number when it is an integer, else (bigint, uuid, text) a string. */
            annotation_id: number | string;
            /** @description What people call the group. */
            group_name: string | null;
            /** @description The model, tool or protocol that made the masks. */
            model_name: string | null;
            /** @description Version of the model or protocol. */
            version: string | null;
            /** @description DICOM Modality (0008,0060). */
            modality: string | null;
            /**
             * Format: int32
             * @description How many slices make the group complete.
             */
            slice_count: number;
            /** @description What kind of masks. */
            mask_type: string;
            /** @description Free text. */
            description: string | null;
            /** @description The user who created the group, as the host identifies users. */
            created_by: number | string | null;
            /**
             * Format: date-time
             * @description When it was created. ISO 8601, UTC.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When its fields were last changed. ISO 8601, UTC.
             */
            updated_at: string;
            /**
             * @description `complete` once at least `slice_count` distinct slices, or one volume, are recorded.
             * @enum {string}
             */
            status: "uploading" | "complete";
            /**
             * Format: int64
             * @description Masks recorded.
             */
            mask_count: number;
            /**
             * Format: int64
             * @description Distinct slices recorded.
             */
            uploaded_slices: number;
            /**
             * Format: int64
             * @description Size of all recorded masks, in bytes.
             */
            total_bytes: number;
        };
        /** @description What the group holds. */
        MaskGroupStats: {
            labels: {
                /** @description The label; `null` for masks without one. */
                label_name: string | null;
                /**
                 * Format: int64
                 * @description Masks.
                 */
                count: number;
            }[];
            mime_types: {
                mime_type: string;
                /**
                 * Format: int64
                 * @description Masks.
                 */
                count: number;
            }[];
            /** @description The first 100 slices that no mask covers, counted from 0 or 1, whichever the group uses. */
            missing_slices: number[];
            /**
             * Format: int64
             * @description Files signed but not completed yet.
             */
            pending_uploads: number;
        };
        /** @description A group of masks of one annotation, with what it holds. */
        MaskGroupWithStats: {
            /**
             * Format: int64
             * @description The group’s id.
             */
            id: number;
            /** @description The annotation’s own key: a number when it is an integer, else (bigint, uuid, text) a string. */
            annotation_id: number | string;
            /** @description What people call the group. */
            group_name: string | null;
            /** @description The model, tool or protocol that made the masks. */
            model_name: string | null;
            /** @description Version of the model or protocol. */
            version: string | null;
            /** @description DICOM Modality (0008,0060). */
            modality: string | null;
            /**
             * Format: int32
             * @description How many slices make the group complete.
             */
            slice_count: number;
            /** @description What kind of masks. */
            mask_type: string;
            /** @description Free text. */
            description: string | null;
            /** @description The user who created the group, as the host identifies users. */
            created_by: number | string | null;
            /**
             * Format: date-time
             * @description When it was created. ISO 8601, UTC.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When its fields were last changed. ISO 8601, UTC.
             */
            updated_at: string;
            /**
             * @description `complete` once at least `slice_count` distinct slices, or one volume, are recorded.
             * @enum {string}
             */
            status: "uploading" | "complete";
            /**
             * Format: int64
             * @description Masks recorded.
             */
            mask_count: number;
            /**
             * Format: int64
             * @description Distinct slices recorded.
             */
            uploaded_slices: number;
            /**
             * Format: int64
             * @description Size of all recorded masks, in bytes.
             */
            total_bytes: number;
            stats: components["schemas"]["MaskGroupStats"];
        };
        /** @description A page of mask groups, newest first. */
        MaskGroupList: {
            mask_groups: components["schemas"]["MaskGroup"][];
            /** @description Send it as `cursor` to get the next page; `null` on the last one. */
            next_cursor: string | null;
        };
        /** @description Where and how to upload one file with one PUT, without any other credentials. */
        SignedPut: {
            /**
             * Format: uuid
             * @description The upload’s id (UUID version 7).
             */
            upload_id: string;
            /** @description The key of the object. Send it, or `upload_id`, to complete. */
            file_path: string;
            /**
             * @description The HTTP method to use.
             * @enum {string}
             */
            method: "PUT";
            /**
             * Format: uri
             * @description Send the bytes here. Treat it as a secret.
             */
            upload_url: string;
            /** @description Send exactly these headers; they are part of the signature. */
            headers: {
                [key: string]: string;
            };
            /**
             * Format: int32
             * @description Seconds until the URL expires.
             */
            expires_in: number;
            /**
             * Format: date-time
             * @description When the URL expires: the very instant that is signed. ISO 8601, UTC.
             */
            expires_at: string;
        };
        /** @description A file that is so large that it is uploaded in parts. Sign them with `POST …/uploads/{upload_id}/signed-url`, as many at a time as will be sent soon. */
        SignedMultipart: {
            /**
             * Format: uuid
             * @description The upload’s id (UUID version 7).
             */
            upload_id: string;
            /** @description The key of the object. Send it, or `upload_id`, to complete. */
            file_path: string;
            /** @description How the file is to be cut. */
            multipart: {
                /**
                 * Format: int64
                 * @description Bytes of every part but the last, which has what is left: part N begins at byte `(N − 1) × part_size`.
                 */
                part_size: number;
                /**
                 * Format: int32
                 * @description How many parts there are; they are numbered from 1.
                 */
                part_count: number;
            };
            /**
             * Format: int32
             * @description Seconds that URLs were asked for; each part’s URL counts from when it is signed.
             */
            expires_in: number;
            /**
             * Format: date-time
             * @description That many seconds from now. Parts can be signed for longer: see `expires_at` in the list. ISO 8601, UTC.
             */
            expires_at: string;
        };
        /** @description How to upload one file: with one PUT, or, when there is a `multipart`, in parts. */
        SignedUpload: components["schemas"]["SignedPut"] | components["schemas"]["SignedMultipart"];
        /** @description Where and how to upload one part of a file. */
        SignedPart: {
            /**
             * Format: int32
             * @description Which part it is.
             */
            part_number: number;
            /**
             * Format: int64
             * @description The byte of the file at which the part begins.
             */
            offset: number;
            /**
             * Format: int64
             * @description Bytes of the part; the storage refuses any other length.
             */
            length: number;
            /**
             * @description The HTTP method to use.
             * @enum {string}
             */
            method: "PUT";
            /**
             * Format: uri
             * @description Send the bytes here. Treat it as a secret.
             */
            upload_url: string;
            /** @description Send exactly these headers; they are part of the signature. */
            headers: {
                [key: string]: string;
            };
        };
        /** @description Where and how to upload parts of a file, without any other credentials. */
        SignedParts: {
            /** @description In the order asked. */
            parts: components["schemas"]["SignedPart"][];
            /**
             * Format: int32
             * @description Seconds until the first of the URLs expires.
             */
            expires_in: number;
            /**
             * Format: date-time
             * @description When the first of the URLs expires. ISO 8601, UTC.
             */
            expires_at: string;
        };
        /** @description A fresh URL, or, of a multipart upload, one for each part that was asked for. */
        RenewedUpload: components["schemas"]["SignedPut"] | components["schemas"]["SignedParts"];
        /** @description Where and how to upload each file. */
        SignedUploadList: {
            /** @description In the order asked. */
            uploads: components["schemas"]["SignedUpload"][];
        };
        /** @description A file that was signed and is not recorded yet. Nothing here lets anyone upload it: renew it for that. */
        PendingUpload: {
            /**
             * Format: uuid
             * @description The upload’s id (UUID version 7).
             */
            upload_id: string;
            /** @description The key of the object. Send it, or `upload_id`, to complete. */
            file_path: string;
            /** @description MIME type of the decoded file, as promised. */
            mime_type: string;
            /**
             * @description How the bytes are to be compressed.
             * @enum {string|null}
             */
            content_encoding: "gzip" | null;
            /**
             * Format: int64
             * @description Size in bytes, as promised.
             */
            file_size: number;
            /** @description SHA-256 of the bytes, where one was promised. */
            checksum: string | null;
            /**
             * Format: int32
             * @description Which slice it belongs to.
             */
            slice_index: number | null;
            /** @description SOP Instance UID (0008,0018) of the image it belongs to. */
            sop_instance_uid: string | null;
            /** @description What is segmented. */
            label_name: string | null;
            /**
             * Format: int32
             * @description Width in pixels, as promised.
             */
            width: number | null;
            /**
             * Format: int32
             * @description Height in pixels, as promised.
             */
            height: number | null;
            /**
             * @description `pending`: nothing is stored yet, or not all parts are; upload it, or what is missing of it. `received`: an object of the promised size is stored, or all parts are; complete it. `verified`: the stored object was checked and is what was promised; complete it. `rejected`: it is not what was promised; sign the file anew.
             * @enum {string}
             */
            status: "pending" | "received" | "verified" | "rejected";
            /**
             * Format: int64
             * @description Bytes stored, of a multipart upload in all received parts; `null` when there are none, or when they were rejected and deleted.
             */
            received_size: number | null;
            /** @description Only for a file that is uploaded in parts. */
            multipart: {
                /**
                 * Format: int64
                 * @description Bytes of every part but the last, which has what is left: part N begins at byte `(N − 1) × part_size`.
                 */
                part_size: number;
                /**
                 * Format: int32
                 * @description How many parts there are; they are numbered from 1.
                 */
                part_count: number;
                /** @description The parts that the storage itself says it has, as runs `[first, last]` in ascending order: send the others. */
                received_parts: number[][];
            } | null;
            /**
             * @description Why it was rejected.
             * @enum {string|null}
             */
            rejected_code: "size-mismatch" | "checksum-mismatch" | "content-mismatch" | null;
            /**
             * Format: date-time
             * @description When the latest upload URL expires. A fresh one can be had until `expires_at`. ISO 8601, UTC.
             */
            put_expires_at: string;
            /**
             * Format: date-time
             * @description Until when it can be uploaded, renewed and completed. ISO 8601, UTC.
             */
            expires_at: string;
            /**
             * Format: date-time
             * @description When it was signed first. ISO 8601, UTC.
             */
            created_at: string;
        };
        /** @description A page of pending uploads, oldest first. */
        PendingUploadList: {
            uploads: components["schemas"]["PendingUpload"][];
            /** @description Send it as `cursor` to get the next page; `null` on the last one. */
            next_cursor: string | null;
        };
        /** @description The masks that the uploaded files became. */
        Completion: {
            /**
             * @description The group’s status, as in MaskGroup.
             * @enum {string}
             */
            status: "uploading" | "complete";
            /**
             * Format: int64
             * @description How many masks this answer holds.
             */
            processed_masks: number;
            /** @description In the order asked. */
            masks: components["schemas"]["Mask"][];
        };
        /** @description A recorded mask. Its bytes were verified by the server. */
        Mask: {
            /**
             * Format: int64
             * @description The mask’s id.
             */
            id: number;
            /**
             * Format: int64
             * @description The group that holds it.
             */
            mask_group_id: number;
            /**
             * Format: int32
             * @description Which slice it belongs to.
             */
            slice_index: number | null;
            /** @description SOP Instance UID (0008,0018) of the image it belongs to. */
            sop_instance_uid: string | null;
            /** @description What is segmented. */
            label_name: string | null;
            /** @description The key of the stored object. */
            file_path: string;
            /** @description MIME type of the decoded file. */
            mime_type: string;
            /**
             * @description How the stored bytes are compressed.
             * @enum {string|null}
             */
            content_encoding: "gzip" | null;
            /**
             * Format: int64
             * @description Size of the stored bytes.
             */
            file_size: number | null;
            /** @description SHA-256 of the stored bytes, as the server itself verified it. `null` only for masks that were recorded before this API was in use. */
            checksum: string | null;
            /**
             * Format: int32
             * @description Width in pixels. For PNG it comes from the stored file.
             */
            width: number | null;
            /**
             * Format: int32
             * @description Height in pixels. For PNG it comes from the stored file.
             */
            height: number | null;
            /**
             * Format: date-time
             * @description When it was recorded. ISO 8601, UTC.
             */
            created_at: string;
            /**
             * Format: uri
             * @description A signed GET of the bytes; only with `include=download_url`. Treat it as a secret.
             */
            download_url?: string;
            /**
             * Format: date-time
             * @description When `download_url` expires. ISO 8601, UTC.
             */
            download_expires_at?: string;
        };
        /** @description A page of masks, ordered by slice index, label and id. */
        MaskList: {
            masks: components["schemas"]["Mask"][];
            /**
             * Format: int64
             * @description How many masks fit the filters, over all pages.
             */
            total_count: number;
            /** @description Send it as `cursor` to get the next page; `null` on the last one. */
            next_cursor: string | null;
        };
        /** @description Where and how to download one mask, without any other credentials. */
        SignedDownload: {
            /**
             * Format: uri
             * @description Get the bytes here. Treat it as a secret.
             */
            download_url: string;
            /**
             * @description The HTTP method to use.
             * @enum {string}
             */
            method: "GET";
            /** @description Send exactly these headers; they are part of the signature. */
            headers: {
                [key: string]: string;
            };
            /** @description The key of the stored object. */
            file_path: string;
            /**
             * Format: int32
             * @description Seconds until the URL expires.
             */
            expires_in: number;
            /**
             * Format: date-time
             * @description When the URL expires: the very instant that is signed. ISO 8601, UTC.
             */
            expires_at: string;
        };
        /** @description One thing that is wrong with the request. */
        FieldError: {
            /** @description A JSON pointer (RFC 6901) into the request body, such as `/files/3/file_size`; empty for the body as a whole and for anything outside it. */
            path: string;
            /**
             * @description What went wrong, for programs. Decide by this, never by a message.
             * @enum {string}
             */
            code: "invalid-request" | "unsafe-name" | "unsupported-mime-type" | "invalid-cursor" | "unauthenticated" | "forbidden" | "annotation-not-found" | "mask-group-not-found" | "mask-not-found" | "upload-not-found" | "method-not-allowed" | "request-timeout" | "upload-missing" | "upload-rejected" | "size-mismatch" | "checksum-mismatch" | "content-mismatch" | "slice-exists" | "slice-uid-mismatch" | "slice-count-mismatch" | "labels-mismatch" | "file-too-large" | "body-too-large" | "unsupported-media-type" | "range-not-satisfiable" | "internal-error" | "storage-unavailable" | "database-unavailable" | "schema-mismatch" | "verification-in-progress";
            /** @description What to do about it, for people. Never repeats a refused value. */
            message: string;
        };
        /** @description An error (RFC 9457). */
        Problem: {
            /**
             * Format: uri-reference
             * @description Identifies the kind of problem.
             */
            type: string;
            /** @description The kind of problem, for people. */
            title: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description What happened and what to do, for people. */
            detail: string;
            /**
             * @description What went wrong, for programs. Decide by this, never by a message.
             * @enum {string}
             */
            code: "invalid-request" | "unsafe-name" | "unsupported-mime-type" | "invalid-cursor" | "unauthenticated" | "forbidden" | "annotation-not-found" | "mask-group-not-found" | "mask-not-found" | "upload-not-found" | "method-not-allowed" | "request-timeout" | "upload-missing" | "upload-rejected" | "size-mismatch" | "checksum-mismatch" | "content-mismatch" | "slice-exists" | "slice-uid-mismatch" | "slice-count-mismatch" | "labels-mismatch" | "file-too-large" | "body-too-large" | "unsupported-media-type" | "range-not-satisfiable" | "internal-error" | "storage-unavailable" | "database-unavailable" | "schema-mismatch" | "verification-in-progress";
            /** @description Every thing that is wrong (at most 20 for a malformed body; every failing file for `complete`). */
            errors?: components["schemas"]["FieldError"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listMaskGroups: {
        parameters: {
            query?: {
                /** @description Most items in one page. */
                limit?: number;
                /** @description The `next_cursor` of the page before; leave it out for the first page. */
                cursor?: string;
                /** @description Only groups of exactly this modality. */
                modality?: string;
                /** @description Only groups of exactly this mask type. */
                mask_type?: string;
                /** @description Only groups of exactly this model. */
                model_name?: string;
            };
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of groups. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaskGroupList"];
                };
            };
        };
    };
    createMaskGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateMaskGroupRequest"];
            };
        };
        responses: {
            /** @description The group that was created. */
            201: {
                headers: {
                    /** @description Where the new group is. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaskGroup"];
                };
            };
        };
    };
    getMaskGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group and its `stats`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaskGroupWithStats"];
                };
            };
        };
    };
    deleteMaskGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateMaskGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMaskGroupRequest"];
            };
        };
        responses: {
            /** @description The group as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaskGroup"];
                };
            };
        };
    };
    getMaskGroupArchive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ZIP. */
            200: {
                headers: {
                    /** @description The generated file name. */
                    "Content-Disposition": string;
                    /** @description `private, no-store`. */
                    "Cache-Control": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
        };
    };
    signUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUploadRequest"];
            };
        };
        responses: {
            /** @description Where and how to upload the file. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedUpload"];
                };
            };
        };
    };
    signUploads: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUploadsRequest"];
            };
        };
        responses: {
            /** @description Where and how to upload each file, in the order asked. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedUploadList"];
                };
            };
        };
    };
    listUploads: {
        parameters: {
            query?: {
                /** @description Most items in one page. */
                limit?: number;
                /** @description The `next_cursor` of the page before; leave it out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of pending uploads. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PendingUploadList"];
                };
            };
        };
    };
    giveUpUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
                /** @description The `upload_id`, as signing answered it. */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The upload is given up. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    renewUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
                /** @description The `upload_id`, as signing answered it. */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RenewUploadRequest"];
            };
        };
        responses: {
            /** @description Where and how to upload the file, or its parts. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RenewedUpload"];
                };
            };
        };
    };
    completeUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompleteRequest"];
            };
        };
        responses: {
            /** @description The recorded masks, in the order asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Completion"];
                };
            };
        };
    };
    listMasks: {
        parameters: {
            query?: {
                /** @description Most items in one page. */
                limit?: number;
                /** @description The `next_cursor` of the page before; leave it out for the first page. */
                cursor?: string;
                /** @description Only masks with exactly this label. */
                label_name?: string;
                /** @description Only masks of this slice. */
                slice_index?: number;
                /** @description Only masks of the image with this SOP Instance UID. */
                sop_instance_uid?: string;
                /** @description Adds a signed `download_url` and its `download_expires_at` to each mask. */
                include?: "download_url";
            };
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask group’s id. */
                group_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of masks. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaskList"];
                };
            };
        };
    };
    getMask: {
        parameters: {
            query?: {
                /** @description Adds a signed `download_url` and its `download_expires_at` to each mask. */
                include?: "download_url";
            };
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask’s id. */
                mask_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mask. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mask"];
                };
            };
        };
    };
    deleteMask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask’s id. */
                mask_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mask is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    signMaskDownload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask’s id. */
                mask_id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SignDownloadRequest"];
            };
        };
        responses: {
            /** @description Where and how to download the mask. */
            200: {
                headers: {
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedDownload"];
                };
            };
        };
    };
    getMaskContent: {
        parameters: {
            query?: never;
            header?: {
                /** @description A single range, such as `bytes=0-1023`. Others are answered with the whole. */
                Range?: string;
                /** @description ETags of what the client has, or `*`. */
                "If-None-Match"?: string;
                /** @description An ETag: the range is of these very bytes, else the whole is answered. */
                "If-Range"?: string;
            };
            path: {
                /** @description The annotation’s key in the host’s own table. */
                annotation_id: number | string;
                /** @description The mask’s id. */
                mask_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stored bytes. */
            200: {
                headers: {
                    /** @description `private`, `immutable`, for as long as a signed URL lives. */
                    "Cache-Control": string;
                    /** @description The SHA-256 of the stored bytes, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The range of the stored bytes. */
            206: {
                headers: {
                    /** @description `private`, `immutable`, for as long as a signed URL lives. */
                    "Cache-Control": string;
                    /** @description The SHA-256 of the stored bytes, in quotes. */
                    ETag?: string;
                    /** @description As in RFC 9110 § 14.4. */
                    "Content-Range": string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The bytes are at `Location`. */
            302: {
                headers: {
                    /** @description A signed URL, valid for a short time. Treat it as a secret. */
                    Location: string;
                    /** @description `no-store`. */
                    "Cache-Control": string;
                    /** @description `no-referrer`. */
                    "Referrer-Policy": string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The bytes are those that the client has. */
            304: {
                headers: {
                    /** @description `private`, `immutable`, for as long as a signed URL lives. */
                    "Cache-Control": string;
                    /** @description The SHA-256 of the stored bytes, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
