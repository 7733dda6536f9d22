// SPDX-License-Identifier: BSL-1.0
//
// What does this cron expression mean? In words, as the shortest text of the same, and as times; or
// what is wrong with it. Without arguments it shows some.
//   ./describe "*/15 9-17 * * MON-FRI" "0 0 L * *"
#include <chrono>
#include <cstdio>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_describe.hpp>
#include <pawl/time/cron_explain.hpp>
#include <pawl/time/cron_format.hpp>

namespace {

void print(const char* label, std::string_view text) {
    std::printf("  %-10s %.*s\n", label, static_cast<int>(text.size()), text.data());
}

void show(std::string_view text) {
    // All of it on the stack, and never too small.
    char words[pawl::cron_description_size_max];
    char canonical[pawl::cron_format_size_max];
    char explanation[pawl::cron_explanation_size_max];

    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    const pawl::cron_options options{.years = true};
    const pawl::cron_result cron = pawl::cron::parse(text, options);
    if (!cron) {
        print("wrong:", pawl::explain(cron.error(), text, explanation));
        return;
    }
    print("means:", pawl::describe(*cron, words));
    print("same as:", pawl::format(*cron, canonical, options.days));
    if (const auto next = cron->next(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1})) {
        const auto day = std::chrono::floor<std::chrono::days>(*next);
        const std::chrono::year_month_day date{day};
        const auto minutes = std::chrono::floor<std::chrono::minutes>(*next - day).count();
        std::printf("  %-10s %d-%02u-%02u %02d:%02d\n", "from 2026:", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count > 1) {
        for (int i = 1; i < count; ++i) {
            show(arguments[i]);
        }
        return 0;
    }
    for (const char* const text : {"30 9 * * MON-FRI", "*/15 9-17 * * 1,2,3,4,5", "0 0 13 * FRI",
                                   "0 18 LW * *", "0 12 * NOV THU#4", "0 0 0 29 2 ? 2026/4",
                                   "*/7 * * * *", "60 * * * *", "0 0 31 2 *", "0 0 * * SUNDAY"}) {
        show(text);
    }
}
