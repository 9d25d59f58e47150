// The condition of the partial index of open hand-offs (schema.cpp): SQLite uses the index only where a statement
// repeats it word for word. Inside the store room only.
#pragma once

#define STATE_IS_OPEN "state IN ('created', 'claimed', 'confirmed', 'fulfilled')"
