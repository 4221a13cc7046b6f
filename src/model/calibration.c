#include "model/calibration.h"

const uint32_t calibration_sizes[CALIBRATION_SIZES] = {6, 10, 30};
