"""Step 3: the second reader. Not a number of it is here before the protocol lets it be seen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import told, tr
from alnreader.case.protocol import Event
from alnreader.case.region import RegionKind
from alnreader.case.score import DEMONSTRATION_BANNER, EMPTY_BAG, Score
from alnreader.gui import icons, theme
from alnreader.gui.controller import Controller
from alnreader.gui.panels import words
from alnreader.gui.panels.assessment_form import narrow
from alnreader.gui.panels.score_place import KeptPlace
from alnreader.gui.panels.step import StepPanel
from alnreader.gui.session import PatientSession
from alnreader.gui.thumbnails import ThumbnailLoader
from alnreader.gui.widgets import HintLabel, push_button, rule, text_label
from alnreader.gui.widgets.bars import Contribution, ContributionBars
from alnreader.gui.widgets.combo import ComboBox
from alnreader.gui.widgets.scale import ProbabilityScale
from alnreader.gui.widgets.slider import ValueSlider
from alnreader.report.sentences import HEAT_MAP_CAPTION, HIDDEN, percent, telling_digits, verdict
from alnreader.report.unscored import without_score

METHODS = ("Grad-CAM", "Grad-CAM++", "XGrad-CAM", "Layer-CAM", "Eigen-CAM", "Score-CAM", "Ablation-CAM")
"""As in `alnreader.inference.cam_methods`, which cannot be imported before torch is."""

_OPACITY = 50
_NARROWEST = 240
"""Pixels that the panel's drawings need at least: less than the rail beside its scroll bar leaves."""


class Limits(QWidget):
    """What limits the answer, one line each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin empty."""
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.texts: list[str] = []
        self._rows: list[QWidget] = []
        theme.signals().changed.connect(self._dress)

    def set_texts(self, texts: list[str]) -> None:
        """Show these lines."""
        if texts != self.texts:
            self.texts = texts
            self._dress()

    def _dress(self, _theme: str = "") -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for text in self.texts:
            line = QWidget()
            box = QHBoxLayout(line)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(6)
            sign = QLabel()
            sign.setPixmap(icons.pixmap("triangle-alert", "caution", 14, self.devicePixelRatioF()))
            box.addWidget(sign)
            box.addWidget(text_label(text, "caution", wrap=True), 1)
            self._column.addWidget(line)
            self._rows.append(line)


class SecondReaderPanel(StepPanel):
    """Step 3."""

    maps_shown = Signal(bool)
    opacity_changed = Signal(float)
    side_by_side_changed = Signal(bool)
    own_scale_changed = Signal(bool)

    def __init__(
        self, controller: Controller, parent: QWidget | None = None, thumbnails: ThumbnailLoader | None = None
    ) -> None:
        """Build the controls and follow the controller."""
        super().__init__(controller, parent)
        self._thumbnails = thumbnails
        self.state = HintLabel()
        self.again: QPushButton = push_button(
            self.tr("Score again"), controller.score_again, icon="refresh-cw"
        )
        self.scale = ProbabilityScale()
        self.scale.setMinimumWidth(_NARROWEST)
        self.sentence = text_label("", "strong", wrap=True)
        self.limits = Limits()
        self.bars = ContributionBars()
        self.bars.setMinimumWidth(_NARROWEST)
        self.bars_title = text_label(
            self.tr("What each image adds, in percentage points"), "quiet", wrap=True
        )
        self.without_any = HintLabel()
        self.what_if = text_label("", wrap=True)
        self.two_measures = HintLabel()
        self.leave_out = push_button(self.tr("Leave this image out"), self._leave_out, icon="circle-minus")
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.scale, self.sentence, self.limits, rule(), self.bars_title, self.bars):
            column.addWidget(widget)
        column.addWidget(self.without_any)
        column.addWidget(self.what_if)
        column.addWidget(self.two_measures)
        column.addWidget(self.leave_out)
        column.addWidget(rule())
        column.addWidget(self._maps())
        for part in (self.state, self.again, self.content, self.foot):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self._place = KeptPlace(self.content, self.state)
        self._number = -1
        self.bars.chosen.connect(controller.select_image)
        for signal in (
            controller.session_changed,
            controller.image_changed,
            controller.protocol_changed,
            controller.score_changed,
            controller.maps_changed,
        ):
            signal.connect(self._refresh)
        if thumbnails is not None:
            thumbnails.ready.connect(self._show_bars)
        self._refresh()

    def _maps(self) -> QWidget:
        self.show_maps = QCheckBox(self.tr("Heat map"))
        self.show_maps.setToolTip(self.tr("Show the heat map: where the network looked"))
        self.method = ComboBox()
        self.method.addItems(list(METHODS))
        self.method.setAccessibleName(self.tr("Heat map method"))
        self.method.setToolTip(self.tr("How the heat map is made; Grad-CAM is the one in the report"))
        self.target = ComboBox()
        self.target.addItem(self.tr("Patient's score"), "patient")
        self.target.addItem(self.tr("Each image alone"), "image")
        self.target.setAccessibleName(self.tr("What the heat map explains"))
        self.target.setToolTip(self.tr("The patient's score, or the probability of each image alone"))
        self.scaling = ComboBox()
        self.scaling.addItem(self.tr("Own scale"), True)
        self.scaling.addItem(self.tr("One scale for all"), False)
        self.scaling.setAccessibleName(self.tr("Scale of the heat map"))
        self.scaling.setToolTip(
            self.tr(
                "Each image up to its own brightest spot, with its share of the patient's; or all up to the "
                "patient's brightest spot"
            )
        )
        self.place = ComboBox()
        self.place.addItem(self.tr("Over the image"), False)
        self.place.addItem(self.tr("Beside the image"), True)
        self.place.setAccessibleName(self.tr("Where the heat map is shown"))
        self.place.setToolTip(self.place.accessibleName())
        for box in (self.method, self.target, self.place, self.scaling):
            narrow(box)
        self.opacity = ValueSlider(
            self.tr("Opacity"), 0, 100, _OPACITY, tip=self.tr("How much the heat map covers the picture")
        )
        self.map_state = HintLabel()
        self.map_controls = QWidget()
        # Seen with the colour bar on the picture; said here.
        self.map_controls.setAccessibleDescription(tr(HEAT_MAP_CAPTION))
        grid = QGridLayout(self.map_controls)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self.method, 0, 0)
        grid.addWidget(self.target, 0, 1)
        grid.addWidget(self.place, 1, 0)
        grid.addWidget(self.scaling, 1, 1)
        grid.addWidget(self.opacity, 2, 0, 1, 2)
        grid.addWidget(self.map_state, 3, 0, 1, 2)
        self.map_again = push_button(
            self.tr("Make the heat map again"), lambda: self.controller.want_maps(True), icon="refresh-cw"
        )
        grid.addWidget(self.map_again, 4, 0, 1, 2)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.show_maps)
        column.addWidget(self.map_controls)
        self.map_controls.hide()
        self.show_maps.toggled.connect(self._maps_toggled)
        self.method.currentIndexChanged.connect(self._set_map)
        self.target.currentIndexChanged.connect(self._set_map)
        self.place.currentIndexChanged.connect(
            lambda _index: self.side_by_side_changed.emit(bool(self.place.currentData()))
        )
        self.scaling.currentIndexChanged.connect(
            lambda _index: self.own_scale_changed.emit(bool(self.scaling.currentData()))
        )
        self.opacity.value_changed.connect(lambda value: self.opacity_changed.emit(value / 100))
        return whole

    # --- what it says --------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Say the probability in short, where it may be seen."""
        session = self.controller.session
        if session is None or not session.human.score_visible:
            return ""
        score = session.visible_score
        if score is None:
            return self.tr("Scoring again") if session.scoring else self._without_score(session)
        if score.of_no_image:
            return self.tr("No image counts")
        digits = telling_digits(score.probability, score.threshold)
        side = self.tr("above the threshold") if score.above_threshold else self.tr("below the threshold")
        return self.tr("{0}, {1}").format(percent(score.probability, digits), side)

    def _without_score(self, session: PatientSession) -> str:
        """Say in short that there is no score, and what was shown of an earlier state of the case."""
        seen = session.reading().last_seen
        if seen is None:
            return self.tr("Signed without a score") if session.signed else self.tr("No score")
        number = percent(seen.probability, telling_digits(seen.probability, seen.threshold))
        if session.signed:
            return self.tr("Signed without a score; {0} was shown before").format(number)
        return self.tr("No score of the case as it is; {0} was shown before").format(number)

    def locked_reason(self) -> str:
        """Say what opens it: the locked first read."""
        session = self.controller.session
        if session is None:
            return self.tr("Open a patient.")
        if session.human.score_visible or session.may(Event.REVEAL):
            return ""
        return self.tr("Lock your first read: then the score can be revealed.")

    def finished(self) -> bool:
        """Whether it was seen."""
        session = self.controller.session
        return session is not None and session.visible_score is not None and not session.scoring

    # --- following -----------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        session = self.controller.session
        score = None if session is None else session.visible_score
        self._primary(session)
        state = self._state(session, score)
        self._keep_place(session, score, state)
        self.content.setVisible(score is not None)
        failed = session is not None and session.human.score_visible and not session.scoring and score is None
        # Without a model it can only fail again.
        self.again.setVisible(
            failed and session is not None and not session.signed and not self._without_model()
        )
        if score is None:
            self._clear()
        else:
            self.scale.setVisible(not score.of_no_image)
            if score.of_no_image:
                self.scale.set_score(None)
            else:
                self.scale.set_score(score.probability, score.interval, score.threshold)
            # A number and its sign stay on one line.
            self.sentence.setText(verdict(score).replace(" %", "\N{NO-BREAK SPACE}%"))
            self.limits.set_texts(self._limits(score))
        self._show_bars()
        self._show_what_if(session, score)
        self._show_maps(session)
        if score is not None and not state:
            self._place.come_back()
        self.state.setText(state)
        self.state_changed.emit()

    def _keep_place(self, session: PatientSession | None, score: Score | None, state: str) -> None:
        """Keep what has the keyboard, and where it is seen, while the same patient is scored again."""
        number = -1 if session is None else session.number
        if number != self._number:
            self._number = number
            self._place.forget()
        elif score is None and state:
            self.state.setText(state)
            self._place.leave()

    def _clear(self) -> None:
        """Leave no number behind, not in a tool tip and not for a screen reader."""
        self.scale.set_score(None)
        self.sentence.setText("")
        self.limits.set_texts([])

    def _primary(self, session: PatientSession | None) -> None:
        hidden = session is None or not session.human.score_visible
        if hidden:
            self.set_primary(self.tr("Reveal the second reader"), self.tr("Show the program's score"))
            self.enable_primary(session is not None and session.may(Event.REVEAL))
        else:
            self.set_primary(self.tr("Continue"), self.tr("Go on to the final read"))
            self.enable_primary(not self._busy(session))

    def _without_model(self) -> bool:
        return self.controller.model is None and bool(self.controller.model_error)

    @staticmethod
    def _busy(session: PatientSession | None) -> bool:
        return session is not None and session.scoring

    def _state(self, session: PatientSession | None, score: Score | None) -> str:
        if session is None:
            return ""
        if not session.human.score_visible:
            return (
                self.tr("The score is revealed once: from then on the first read is fixed.")
                if session.may(Event.REVEAL)
                else tr(HIDDEN)
            )
        if score is None:
            if session.scoring:
                return self.tr("Scoring the images as they are now ...")
            if session.signed and session.seen:
                return without_score(session.reading())
            return told(session.score_error) or self.tr("There is no score of the case as it is now.")
        return (
            self.tr("Interval and contributions are being worked out ...") if not session.score_full else ""
        )

    def _limits(self, score: Score) -> list[str]:
        session = self.controller.session
        texts = [told(warning.message) for warning in score.warnings if warning.code != EMPTY_BAG]
        if score.run.model.demonstration:
            texts.append(tr(DEMONSTRATION_BANNER))
        if session is not None:
            for number, image in enumerate(session.case.images, start=1):
                entry = next((entry for entry in score.images if entry.key == image.key), None)
                if entry is not None and entry.included:  # what is left out limits nothing
                    texts += [
                        self.tr("Image {0}: {1}").format(number, told(warning.message))
                        for warning in entry.warnings
                    ]
        return texts

    def _show_bars(self, *_: object) -> None:
        session = self.controller.session
        score = None if session is None else session.visible_score
        none_counts = score is not None and score.of_no_image
        if session is None or score is None or not session.score_full or none_counts:
            self.bars.set_rows([])
            self.bars.hide()
            self.bars_title.hide()
            every = self.tr("Every image is left out: there is nothing that any of them could add.")
            self.without_any.setText(every if none_counts else "")
            return
        rows = []
        for number, image in enumerate(session.case.images, start=1):
            entry = next((entry for entry in score.images if entry.key == image.key), None)
            if entry is None:
                continue
            rows.append(
                Contribution(
                    key=image.key,
                    label=self._label(session, number, image),
                    value=entry.contribution,
                    note="\n".join(text for text in self._alone(score, image.key) if text),
                    thumbnail=self._thumbnail(session, image.key),
                    included=entry.included,
                )
            )
        self.bars.set_rows(rows, session.current)
        self.bars.show()
        self.bars_title.show()
        self.without_any.setText(self._begin(score))

    def _begin(self, score: Score) -> str:
        """Say where the bars begin: their sum is the way from there to the score."""
        digits = telling_digits(score.baseline, score.probability)
        texts = percent(score.baseline, digits), percent(score.probability, digits)
        return self.tr("Without any image: {0}. All bars together lead from there to {1}.").format(*texts)

    @staticmethod
    def _label(session: PatientSession, number: int, image: UltrasoundImage) -> str:
        """Name an image by what is outlined on it, or by its file."""
        kinds = {region.kind for region in session.case.regions_of(image.key)}
        named = ", ".join(words.of(kind) for kind in RegionKind if kind in kinds)
        return f"{number} · {named}" if named else words.image_name(number, image)

    def _thumbnail(self, session: PatientSession, key: ImageKey) -> QPixmap | None:
        if self._thumbnails is None:
            return None
        picture = self._thumbnails.request(session.case.image(key))
        return None if picture is None else QPixmap.fromImage(picture)

    def _alone(self, score: Score, key: ImageKey) -> tuple[str, str]:
        """Say what the score would be without an image, and why its bar may point elsewhere.

        The bar is a Shapley value, which is no leave-one-out.
        """
        entry = next((entry for entry in score.images if entry.key == key), None)
        if entry is None:
            return self.tr("This image could not be read: it is not part of the score."), ""
        if not entry.included:
            return self.tr("This image is left out of the score."), ""
        if entry.without is None:
            return self.tr("It is the only image of the score."), ""
        digits = telling_digits(entry.without, score.probability)
        without = self.tr("Without this image it would be {0}.").format(percent(entry.without, digits))
        return without, self.tr(
            "Its bar is what it adds on average to none, some or all of the other images: the two can differ."
        )

    def _show_what_if(self, session: PatientSession | None, score: Score | None) -> None:
        known = session is not None and score is not None and session.score_full
        self.what_if.setVisible(known)
        self.leave_out.setVisible(known)
        if session is None or score is None or not known:
            self.what_if.setText("")
            self.two_measures.setText("")
            return
        without, why = self._alone(score, session.current)
        self.what_if.setText(without)
        self.two_measures.setText(why)
        out = session.current in session.case.excluded
        text = self.tr("Take this image in again") if out else self.tr("Leave this image out")
        self.leave_out.setText(text)
        self.leave_out.setAccessibleName(text)
        self.leave_out.setToolTip(self.tr("The score is then made of the other images; it can be taken back"))
        self.leave_out.setIcon(icons.icon("circle-plus" if out else "circle-minus"))
        self.leave_out.setEnabled(session.may(Event.SET_INCLUDED))

    def _show_maps(self, session: PatientSession | None) -> None:
        wanted = self.show_maps.isChecked()
        # The map of an image alone is on that image's scale anyhow.
        self.scaling.setEnabled(self.target.currentData() == "patient")
        missing = wanted and session is not None and not self.controller.heat_maps
        error = session.map_error if session is not None and missing else ""
        waiting = self.tr("The heat map is being made ...") if missing else ""
        self.map_state.setText(self.tr("There is no heat map: {0}").format(told(error)) if error else waiting)
        self.map_again.setVisible(bool(error))

    # --- intents -------------------------------------------------------------------------------------------

    def act(self) -> None:
        """Reveal the score, or go on."""
        session = self.controller.session
        if session is None:
            return
        if session.human.score_visible:
            self.advance.emit()
        else:
            self.controller.reveal()

    def _leave_out(self) -> None:
        session = self.controller.session
        if session is not None:
            self.controller.include(session.current, session.current in session.case.excluded)

    def _maps_toggled(self, shown: bool) -> None:
        self.map_controls.setVisible(shown)
        if shown:
            self.bring_into_view(self.map_controls)
        self.controller.want_maps(shown)
        self.maps_shown.emit(shown)

    def _set_map(self, _index: int) -> None:
        self.controller.set_map(self.method.currentText(), str(self.target.currentData()))
