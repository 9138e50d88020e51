// kill -9 at random moments of every stage that writes; the same call again ends with the bytes
// of one that was never disturbed.
//
// QSTAR_KILLS is their number; the seed of the moments is 1.

#include "engine/base/random.h"
#include "tests/campaigns/pipeline.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"

#include <csignal>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::campaign;

TEST_CASE("campaign: kill -9 at random moments, and the same call again: the same bytes") {
    // The sanitizers have nothing to see here; a few stages show that the campaign itself is sound.
    const size_t stages = tests::kSanitized ? 4 : pipeline().size();
    const int64_t kills = asked("QSTAR_KILLS", tests::kSanitized ? 3 : 12);
    Undisturbed& undisturbed = Undisturbed::pipeline();
    const Temporary folder;
    const std::string trial = folder / "trial";
    Random random(1, "kills");
    int64_t late = 0;
    for (int64_t number = 0, tries = 0; number < kills; ++tries) {
        const size_t at = (static_cast<size_t>(number) * 7) % stages; // 7: no divisor of them
        const double share = random.uniform();
        CAPTURE(number);
        CAPTURE(pipeline()[at].name);
        CAPTURE(share);
        REQUIRE(tries < 10 * kills + 100);
        Disturbance disturbance;
        disturbance.kill_after = share * undisturbed.seconds(at);
        undisturbed.copy_before(at, trial);
        const CallResult killed = call(trial, pipeline()[at].arguments, disturbance);
        if (killed.signal != SIGKILL) { // it was over already
            CHECK(killed.status == 0);
            ++late;
            continue;
        }
        ++number;
        const std::string harmed = harm(undisturbed.before(at), contents_of(trial));
        CHECK_MESSAGE(harmed.empty(), harmed);
        const CallResult again = call(trial, pipeline()[at].arguments);
        CHECK_MESSAGE(again.status == 0, again.error);
        const std::string different = difference(undisturbed.before(at + 1), contents_of(trial));
        CHECK_MESSAGE(different.empty(), different);
    }
    MESSAGE(kills << " kills over " << std::min<size_t>(stages, static_cast<size_t>(kills))
                  << " stages; " << late << " came too late and were drawn again");
}
