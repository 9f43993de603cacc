<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>PacsDesk</name>
    <message numerus="yes">
        <source>%n image(s) could not be fetched</source>
        <translation>
            <numerusform>%n image could not be fetched</numerusform>
            <numerusform>%n images could not be fetched</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) deleted from this computer</source>
        <translation>
            <numerusform>%n image deleted from this computer</numerusform>
            <numerusform>%n images deleted from this computer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PacsPage</name>
    <message numerus="yes">
        <source>%n study(s) found</source>
        <translation>
            <numerusform>%n study found</numerusform>
            <numerusform>%n studies found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n study(s) were not fetched completely</source>
        <translation>
            <numerusform>%n study was not fetched completely</numerusform>
            <numerusform>%n studies were not fetched completely</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %n image(s) of {0} from this computer? Readings of them stay on the work list, without their pictures.</source>
        <translation>
            <numerusform>Delete %n image of {0} from this computer? Readings of it stay on the work list, without the picture.</numerusform>
            <numerusform>Delete %n images of {0} from this computer? Readings of them stay on the work list, without their pictures.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Recovery</name>
    <message numerus="yes">
        <source>The program ended unexpectedly. Every action of %n reading(s) was kept.</source>
        <translation>
            <numerusform>The program ended unexpectedly. Every action of %n reading was kept.</numerusform>
            <numerusform>The program ended unexpectedly. Every action of %n readings was kept.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RegionsPanel</name>
    <message numerus="yes">
        <source>, %n image(s) not outlined</source>
        <translation>
            <numerusform>, %n image not outlined</numerusform>
            <numerusform>, %n images not outlined</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Let the network outline the %n image(s) that nothing was drawn on</source>
        <translation>
            <numerusform>Let the network outline the %n image that nothing was drawn on</numerusform>
            <numerusform>Let the network outline the %n images that nothing was drawn on</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SignPanel</name>
    <message numerus="yes">
        <source>%n region(s) not confirmed; they count all the same.</source>
        <translation>
            <numerusform>%n region is not confirmed; it counts all the same.</numerusform>
            <numerusform>%n regions are not confirmed; they count all the same.</numerusform>
        </translation>
    </message>
</context>
</TS>
