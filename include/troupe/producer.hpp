// Public: a producer, its options and records.
#pragma once

#include "actors/client/producer.hpp"
