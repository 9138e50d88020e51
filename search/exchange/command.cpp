#include "search/exchange/command.h"

#include "search/exchange/complete.h"
#include "search/exchange/export_model.h"
#include "search/exchange/import_model.h"

namespace qstar::search {

std::vector<Command> exchange_commands() {
    return {
        described_command("import", "A model that others have trained, into a run", import_model),
        described_command("export", "A run's model in the forms that others read", export_model),
        described_command("complete", "Write on from a prompt", complete)};
}

} // namespace qstar::search
