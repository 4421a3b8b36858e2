"""Every notebook runs from its first cell to its last, and is stored as it was written: without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.exhaustive import the_first

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 300  # a run takes about 20 seconds in all; this is for busy machines

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def run(notebook, home):
    """Execute in a fresh kernel of this environment, as a reader would from the notebooks' folder."""
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    )
    # The checkout need not be installed; the user's own IPython profile has no say.
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(home)})


def cells_with_outputs(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell.id for cell in code if cell.outputs or cell.execution_count is not None]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", the_first(1, NOTEBOOKS), ids=lambda path: path.stem)
def test_it_runs(path, tmp_path):
    run(read(path), tmp_path)


@each_notebook
def test_it_is_valid_and_every_cell_has_its_own_id(path):
    notebook = read(path)
    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert len(names) == len(set(names))


@each_notebook
def test_it_is_stored_without_outputs(path):
    assert cells_with_outputs(read(path)) == []


@each_notebook
def test_it_begins_by_importing_gradcheck(path):
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert first.source.startswith("import gradcheck\n")


def test_control_a_notebook_with_a_failing_cell_fails(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("import gradcheck"), new_code_cell("assert 1 + 1 == 3, 'no'")])
    with pytest.raises(CellExecutionError) as failure:
        run(notebook, tmp_path)
    assert (failure.value.ename, failure.value.evalue) == ("AssertionError", "no")


def test_control_a_stored_output_is_found():
    output = new_output("stream", text="2")
    notebook = new_notebook(
        cells=[new_code_cell("1"), new_code_cell("2", outputs=[output]), new_code_cell("3", execution_count=1)]
    )
    assert cells_with_outputs(notebook) == [cell.id for cell in notebook.cells[1:]]
