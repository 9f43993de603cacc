"""The panels around the canvas. Each takes the controller, shows its state and emits intents to it.

========================  =================================  =====================================================
module, class             constructor                        beside it
========================  =================================  =====================================================
film.FilmStrip            (controller, thumbnails, parent)   ``thumbnails``: canvas ThumbnailLoader
regions.RegionsPanel      (controller, parent)               step 1; ``box_wanted`` Signal(): the box tool
first_read.FirstReadPanel (controller, parent)               step 2; slot ``set_caliper(mm: float | None)``
score.SecondReaderPanel   (controller, parent)               step 3; ``maps_shown`` Signal(bool),
                                                             ``opacity_changed`` Signal(float 0..1),
                                                             ``side_by_side_changed`` Signal(bool)
sign.SignPanel            (controller, parent)               step 4; ``folder_chooser``: callable, replaceable
model_card.ModelCardPanel (controller, parent)
========================  =================================  =====================================================

The four steps are `step.StepPanel`: ``summary() -> str`` (the folded line), ``locked_reason() -> str`` (what
opens it, empty where open), ``finished() -> bool``, and ``state_changed`` Signal() whenever one of them may
have changed. The step's primary button is ``primary: QPushButton``.

The preview of the report comes as ``controller.preview_ready`` Signal(bytes): a PDF.
"""
