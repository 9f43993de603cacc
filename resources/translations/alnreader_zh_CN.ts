<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Negative</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Indeterminate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Suspicious</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preserved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Displaced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Oval</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Irregular</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hilar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Abnormal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tumour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lymph node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proposed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edited</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawn</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AboutPage</name>
    <message>
        <source>About</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ALN Reader {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A second reader for metastasis of axillary lymph nodes on breast ultrasound. You read first; then the program shows its opinion and what it rests on; you decide. Nothing leaves this computer, and no statistics are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not a medical device. Research and teaching only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parts of the program and their licences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a part to read its licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text of the licence</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AssessmentForm</name>
    <message>
        <source>Axillary nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Axillary nodes: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confidence in it, 0 to 100</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cortex in mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Largest cortical thickness in mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caliper</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the length of the last caliper; measure the cortex first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cortex</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not noted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Focal bulge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether the cortex bulges at one place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fatty hilum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shape</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Outline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Flow in Doppler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bulge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hilum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Flow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remarks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free text; it is printed in the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take {0} mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The cortex is a number of millimetres, 2.5 for example.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Criteria of suspicion met:</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Hide this message</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>long/short {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caliper</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>where the network looked, not proof</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tumour {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} · to confirm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ellipse: drag one axis, then the handles. Enter or a double click makes it a region, Delete removes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caliper: drag from edge to edge; its ends can be moved. Delete removes the last.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The outline holds no pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Polygon: click corner by corner. Backspace takes one back, Esc drops it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Polygon: click the first corner, double-click or press Enter to close it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lasso: drag around it. Shift adds to the chosen region, Alt cuts out of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Box: drag around a spot, and the network looks again there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The box is too small: drag a larger one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Eraser {0}: drag over the region. Alt paints, Ctrl+wheel changes the size.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush {0}: drag to paint a region, or out of one to add to it. Ctrl+wheel changes the size.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush {0}: drag to add to the region. Alt erases, Ctrl+wheel changes the size.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no region under the eraser.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The region was changed meanwhile: the stroke was dropped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select: click a region to choose it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select: drag a handle to pull the outline. Esc lets go, Delete rejects the region.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing of the region would be left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window: drag right for less contrast, up for brighter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move: drag the picture, wheel zooms, right drag changes brightness and contrast.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CanvasView</name>
    <message>
        <source>Picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The ultrasound picture with its regions. The wheel zooms, the middle button moves it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CineBar</name>
    <message>
        <source>One frame back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame of the cine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed of the cine (&lt; and &gt;)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read this frame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make this frame the one that is outlined and scored</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This frame is read</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CinePlayer</name>
    <message>
        <source>{0} (assumed: the file states no frame time)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ColourBar</name>
    <message>
        <source>Colour bar of the heat map: low to high</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>high</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>low</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ContributionBars</name>
    <message>
        <source>Contribution of each image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click a bar, or press up and down, to see its image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>against</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>left out</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>Stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A fault of the program: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>Images of the patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cine, frame {0} of {1} is read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>left out of the score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not outlined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} to confirm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} confirmed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FirstReadPanel</name>
    <message>
        <source>Reader&apos;s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who reads; the first name entered is kept in the preferences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change the first read or the regions; possible until the score was seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Concurrent reading: there is no first read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not entered yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, confidence {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, not locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Concurrent reading: the score is shown from the start, there is no first read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Locked: {0}, {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose negative, indeterminate or suspicious.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter your name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lock the first read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It stands from then on, and the score can be revealed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Work list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Menu</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second reader for the axilla on breast ultrasound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blinded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Concurrent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score stays hidden until your first read is locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score is shown from the start; this is recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>female</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>male</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} years</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>right</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>both sides</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network runs on: {0}. Click to choose.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can look and measure meanwhile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click for the model card.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open demo patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files that were not read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take patient off the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Canvas alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Film strip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark or light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard and mouse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Menu</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop what is under way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop a folder anywhere on the window. F1 lists the keys.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelCardPanel</name>
    <message>
        <source>The model is not loaded yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Intended use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; what it finds is not published</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Citation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licence</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelPage</name>
    <message>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PreferencesPage</name>
    <message>
        <source>Preferences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader and reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your name, as it stands under a reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stands under a reading; another name can be entered there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hospital or practice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stands at the head of a report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Site</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blinded: read first, then see the score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Concurrent: the score from the start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Holds for patients opened from now on. The mode is recorded and printed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading mode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the patient&apos;s identity out of exports</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text within the pictures is not found and stays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>De-identified export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures are read on black in both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language of the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model and device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The fastest that works</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The device in use stands in the window&apos;s head. Where one fails, the processor takes over.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder with card.json and the weights; empty for the one that ships</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model that ships with the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model&apos;s folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the model&apos;s card says</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The threshold that the model&apos;s card was published with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A site&apos;s own threshold has no published sensitivity and specificity.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Own threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node criteria</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program measures; the judgement is the reader&apos;s. Sources stand beside the numbers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Suspicious cortex above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Round: long by short axis below</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nodal burden, grade 2 from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nodal burden, grade 3 from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Published values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of a model</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PreviewPage</name>
    <message>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages of the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The report is being made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write the signed reading to a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign first, then export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The report cannot be shown: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Page {0} of {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ProbabilityScale</name>
    <message>
        <source>Probability of axillary metastasis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>operating point {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Regions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign and report</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReadingCommands</name>
    <message>
        <source>Images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the image out, or take it in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Regions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Propose on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Propose on all images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm the chosen region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm all on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tumour or lymph node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fill holes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the chosen region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign and report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do what the filled button says</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map over or beside the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unlock the first read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preview the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export to a folder</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RegionRow</name>
    <message>
        <source>confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm this region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Call it a tumour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Call it a lymph node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reject this region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click to choose; Return confirms, Delete rejects</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RegionsPanel</name>
    <message>
        <source>This image counts in the score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the image out of the patient&apos;s score, or take it in again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Propose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let the network outline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the chosen images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On all images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look again in a box</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw a box on the image: the network looks at it enlarged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm every region on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is outlined yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} tumour, {1} node regions confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, {0} not confirmed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network outlined nothing here. Draw what you see, or let it look again in a box.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is outlined on this image: let the network propose, or draw with the tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Propose on all images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm all on this image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next image to confirm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let the network outline every image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on to the next step</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SecondReaderPanel</name>
    <message>
        <source>Score again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each image adds, in percentage points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave this image out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show where the network looked (H)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map method</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How the heat map is made; Grad-CAM is the one in the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient&apos;s score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each image alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the heat map explains</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The patient&apos;s score on one scale for all images, or each image alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Over the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Beside the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the heat map is shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much the heat map covers the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scoring again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>above the threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>below the threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lock your first read: then the score can be revealed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reveal the second reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the program&apos;s score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on to the final read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score is revealed once: from then on the first read is fixed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scoring the images as they are now ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no score of the case as it is now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Interval and contributions are being worked out ...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image {0}: {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image could not be read: it is not part of the score.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This image is left out of the score.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is the only image of the score.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without this image it would be {0}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take this image in again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score is then made of the other images; it can be taken back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The heat map is being made ...</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShortcutsPage</name>
    <message>
        <source>Keyboard and mouse</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SignPanel</name>
    <message>
        <source>The first read stands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The final read is the first read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter another judgement and the reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason for the change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why the judgement was changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name under the reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discard the amendment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go back to the reading as it was signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is wrong with the signed reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason for the amendment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open an amendment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was signed stays; the amendment is signed anew</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the report as it stands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PDF</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder that was written to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All numbers, for other programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each image with its mask and heat map as PNG</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, signed by {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>; an amendment is open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The final read follows the score: lock the first read and reveal it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Identity is left out of what is exported; text within the pictures is not found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, confidence {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The first read stands: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amended and signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amendment open: {0}. The signed reading counts until it is signed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The score is being made anew: wait for it, then decide.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Say whether the first read stands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter your name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose negative, indeterminate or suspicious.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give the reason for the change.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n region(s) not confirmed; they count all the same.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Sign as {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export to a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign first: a reading is exported as it was signed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose what is written: PDF, JSON or pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write the signed reading to a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SkippedPage</name>
    <message>
        <source>Files that were not read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every file was read.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>Picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select and move outlines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window: brightness and contrast</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Box: look again here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caliper</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw the other kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the measurements</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush erases; a shape is cut out of the region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hold Alt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A shape is added to the chosen region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hold Shift</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop what is being drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close a polygon; make an ellipse a region</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take back a corner or a measurement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One to one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window as recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Invert the greys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Outlines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network&apos;s own outlines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ruler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom to the mouse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Space + drag</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Right drag</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slower</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Faster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read this frame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play or pause, the mouse over the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame on or back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shift + wheel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decoding the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This picture cannot be shown.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Drop an examination here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A DICOM folder, a DICOMDIR, a zip, single files, or PNG and JPEG pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open demo patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A simulated patient, made on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recent cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cases that you open will stand here. Nothing ever leaves this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no longer there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demo patient</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When the last change was written; nothing has to be saved by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>saved {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Surface</name>
    <message>
        <source>The region has no holes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The outline is smooth already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a region first: click it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing of the region would be left.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolColumn</name>
    <message>
        <source>lymph node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tumour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N</source>
        <comment>node</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>T</source>
        <comment>tumour</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is drawn: {0}. Click for the other (Shift+T)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is drawn: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WorkListPage</name>
    <message>
        <source>Work list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Double click or Return opens a patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ID</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No patient is open. Drop a folder anywhere on this window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take off the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The files stay where they are</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>desk</name>
    <message>
        <source>Looking through files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Simulating a patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No ultrasound image in what was opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These pictures were read before: the reading goes on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) were not read; the list says why</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>window</name>
    <message>
        <source>A fault of the program ({0}). It is in the log; the reading goes on.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>Not noted</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
