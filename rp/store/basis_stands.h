// The condition of everything that is granted on a basis (basis.h). Inside the store module only.
#pragma once

#define BASIS_STANDS(id) "EXISTS (SELECT 1 FROM basis bs WHERE bs.id = " id " AND bs.ended_at IS NULL)"
