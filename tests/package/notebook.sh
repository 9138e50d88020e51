#!/bin/sh
# The Python of eval/NOTEBOOK.md works as it stands there, on a run of the quick demo. 77, which
# CTest takes for "left out", where there is no Python with pandas and matplotlib.
#
#   sh tests/package/notebook.sh PAGE RUN PROGRAM
set -eu
page=$1
run=$2
program=$3
python=
for name in python3 /usr/bin/python3; do
    if "$name" -c 'import pandas, matplotlib' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "qstar: the test of the notebook is left out: it wants Python with pandas and matplotlib"
    exit 77
fi
[ -d "$run" ] || { echo "there is no run in $run: the test package makes it"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/runs" "$folder/config"
ln -s "$(cd "$run" && pwd)" "$folder/runs/demo"
# The blocks of Python, one after the other, and those of the shell before them.
awk '/^```python$/ { on = 1; print "#", NR; next } /^```/ { on = 0 } on' "$page" >"$folder/page.py"
awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$page" >"$folder/page.sh"
[ "$(grep -c . "$folder/page.py")" -gt 30 ] || { echo "$page: there is no Python"; exit 1; }
cd "$folder"
mkdir bin
ln -s "$program" bin/qstar
PATH=$folder/bin:$PATH sh -eu page.sh
MPLBACKEND=Agg MPLCONFIGDIR=$folder/config "$python" -W error::FutureWarning page.py
pictures=$(find . -maxdepth 1 -name '*.png' -size +4k | wc -l)
[ "$pictures" -ge 3 ] || { echo "FAILED: $pictures pictures"; exit 1; }
echo "$pictures pictures by $("$python" -c 'import sys, pandas, matplotlib
print("Python", sys.version.split()[0], "pandas", pandas.__version__, "matplotlib", matplotlib.__version__)')"
