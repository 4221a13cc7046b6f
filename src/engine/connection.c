#include "engine/connection.h"

#include <string.h>

#include "base/mem.h"
#include "engine/hearing.h"

void connection_init(struct connection *connection, uint32_t depth)
{
    uint32_t size = 1;
    while (size < depth) {
        size *= 2;
    }
    *connection = (struct connection){
        .stream = {.fd = -1},
        .flights = mem_alloc_array(size, sizeof(struct flight)),
        .mask = size - 1,
    };
}

void connection_release(struct connection *connection)
{
    if (connection->stream.transport != NULL) {
        connection->stream.transport->close(&connection->stream);
    }
    if (connection->outbox != NULL) {
        mem_free(connection->outbox->parts);
    }
    mem_free(connection->outbox);
    hearing_detach(connection);
    mem_free(connection->flights);
    if (connection->partial != NULL) {
        buf_release(connection->partial);
        mem_free(connection->partial);
    }
    *connection = (struct connection){.stream = {.fd = -1}};
}

int outbox_list_parts(const struct outbox *outbox, struct iovec parts[OUTBOX_PARTS])
{
    int count = 0;
    size_t at = outbox->start;
    for (size_t i = outbox->part_start; i < outbox->part_end && count + 2 < OUTBOX_PARTS; i++) {
        const struct outbox_part *part = &outbox->parts[i];
        if (part->at > at) {
            parts[count++] = (struct iovec){(char *)outbox->bytes + at, part->at - at};
            at = part->at;
        }
        /* A write does not change what it writes, but the type does not say so. */
        memcpy(&parts[count].iov_base, &part->data, sizeof part->data);
        parts[count++].iov_len = part->len;
    }
    bool is_all = outbox->part_start == outbox->part_end || count + 2 < OUTBOX_PARTS;
    if (is_all && outbox->end > at) {
        parts[count++] = (struct iovec){(char *)outbox->bytes + at, outbox->end - at};
    }
    return count;
}

void outbox_take_off(struct outbox *outbox, size_t put)
{
    while (outbox->part_start < outbox->part_end) {
        struct outbox_part *part = &outbox->parts[outbox->part_start];
        size_t before = part->at - outbox->start;
        if (put < before) {
            break;
        }
        put -= before;
        outbox->start = part->at;
        size_t taken = put < part->len ? put : part->len;
        part->data += taken;
        part->len -= taken;
        put -= taken;
        if (part->len > 0) {
            return;
        }
        outbox->part_start++;
    }
    outbox->start += put;
}
