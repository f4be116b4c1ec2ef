// Public: a cluster elsewhere, by an address.
#pragma once

#include "actors/remote/remote_cluster.hpp"
