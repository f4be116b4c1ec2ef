// The main function of every test program: CAF's own runner.
#define CAF_SUITE troupe
#include "caf/test/unit_test_impl.hpp"
