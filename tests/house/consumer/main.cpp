// SPDX-License-Identifier: BSL-1.0
//
// Ends with status 0 if the headers are of the version that the first argument says.
#include <cstdio>
#include <cstring>

#include <pawl/pawl.hpp>

int other_version_major();

int main(int argument_count, char** arguments) {
    char version[32];
    std::snprintf(version, sizeof version, "%d.%d.%d", other_version_major(), PAWL_VERSION_MINOR,
                  PAWL_VERSION_PATCH);
    std::printf("pawl %s\n", version);
    return argument_count == 2 && std::strcmp(version, arguments[1]) == 0 ? 0 : 1;
}
