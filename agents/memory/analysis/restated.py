"""A project in which one file is restated: the same program in other words, from which a proof then starts."""

from agents.memory.analysis.project import Project, Source
from messaging.contents import Candidate
from runtime.git import blob_id


def restated(project: Project, path: str, text: str) -> Project:
    """The project with `text` for the file `path`; the trees of all other files are shared."""
    data = text.encode()
    return Project(
        {**project.sources, path: Source(path, data, blob_id(data))},
        project.editable,
        project.library,
        project.requires_python,
        project.python,
        project.words,
    )


def taken_back(project: Project, candidate: Candidate) -> Candidate:
    """A candidate found on a restated project, as one on the project itself."""
    edits = [edit.model_copy(update={"blob": project.sources[edit.path].blob}) for edit in candidate.edits]
    read = {path: project.sources[path].blob for path in candidate.read}
    return candidate.model_copy(update={"edits": edits, "read": read})
