// SPDX-License-Identifier: BSL-1.0
//
// key_cells: a cell for each key that is in use.
//
// Goal: a key has one cell as long as somebody holds it; all cells can be used; one that nobody
// holds goes when it is useless, is kept while it is not, and is found again by its key. Method:
// random holds beside std::map, with keys that share buckets; a table larger than one look round.
#include "catch.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <utility>

#include <pawl/jobs/key_cells.hpp>

namespace {

struct content {
    std::uint32_t owed = 0;  // useless when 0
    std::uint32_t who = 0;
};
constexpr auto useless = [](const content& of, std::uint32_t) { return of.owed == 0; };

struct same {
    std::uint32_t holders = 0;
    std::uint32_t owed = 0;
    std::uint32_t who = 0;
};

}  // namespace

TEST_CASE("key_cells: as a map with room for so many") {
    constexpr std::uint32_t cells = 12;
    using table = pawl::key_cells<cells, content>;
    table real;
    std::map<std::pair<std::uint32_t, std::uint32_t>, same> model;
    std::mt19937 random{1};
    std::uint32_t full = 0;
    std::uint32_t names = 0;
    for (int operation = 0; operation < 100'000; ++operation) {
        const std::pair key{1 + static_cast<std::uint32_t>(random() % 14) * 0x0100'0000,
                            static_cast<std::uint32_t>(random() % 2)};
        const auto found = model.find(key);
        const std::uint32_t cell = real.find(key.first, key.second);
        if (found != model.end() && (found->second.holders != 0 || found->second.owed != 0)) {
            REQUIRE(cell != table::none);
            REQUIRE(real.at(cell).who == found->second.who);
            REQUIRE((real.in_use(cell) && real.limiter(cell) == key.second));
        }
        switch (random() % 4) {
            case 0: {
                const bool known = found != model.end();
                if (!known) {
                    std::erase_if(model, [](const auto& one) {
                        return one.second.holders == 0 && one.second.owed == 0;
                    });
                }
                const std::uint32_t held = real.hold(key.first, key.second, useless);
                REQUIRE((held == table::none) == (!known && model.size() == cells));
                full += held == table::none ? 1 : 0;
                if (held != table::none) {
                    if (!known) {
                        REQUIRE(real.at(held).who == 0);
                        model[key].who = real.at(held).who = ++names;
                    }
                    ++model[key].holders;
                }
                break;
            }
            case 1:
                if (found != model.end() && found->second.holders > 0) {
                    real.give_back(cell, useless);
                    if (--found->second.holders == 0 && found->second.owed == 0) {
                        model.erase(found);
                        REQUIRE(real.find(key.first, key.second) == table::none);
                    }
                }
                break;
            case 2:
                if (found != model.end()) {
                    real.at(cell).owed = found->second.owed = 1;
                }
                break;
            default:
                if (found != model.end()) {
                    real.at(cell).owed = found->second.owed = 0;
                    if (random() % 2 == 0 && real.free_if(cell, useless)) {
                        REQUIRE(found->second.holders == 0);
                        model.erase(found);
                    }
                }
        }
    }
    REQUIRE(full > 100);
}

TEST_CASE("key_cells: in a large table, a cell that has become useless is found after some calls") {
    constexpr std::uint32_t cells = 1'000;
    using table = pawl::key_cells<cells, content>;
    table real;
    for (std::uint32_t key = 1; key <= cells; ++key) {
        const std::uint32_t cell = real.hold(key, 0, useless);
        REQUIRE(cell != table::none);
        real.at(cell).owed = 1;
        real.give_back(cell, useless);
    }
    REQUIRE(real.hold(5'000, 0, useless) == table::none);
    real.at(real.find(77, 0)).owed = 0;
    std::uint32_t calls = 1;
    while (real.hold(5'000, 0, useless) == table::none) {
        REQUIRE(++calls <= cells / 32 + 1);
    }
    REQUIRE(real.find(77, 0) == table::none);
    REQUIRE(real.find(78, 0) != table::none);
}
