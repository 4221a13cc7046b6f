#include "engine/connection.h"

#include "base/mem.h"

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
    mem_free(connection->flights);
    if (connection->partial != NULL) {
        buf_release(connection->partial);
        mem_free(connection->partial);
    }
    *connection = (struct connection){.stream = {.fd = -1}};
}
