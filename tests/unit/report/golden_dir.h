/* Where the expected texts are: the folder tests/golden of the source. */
#pragma once

extern const char golden_dir[];
