// Public: a consumer, its options, batches and notices.
#pragma once

#include "actors/client/consumer.hpp"
