<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Negative</source>
        <translation>阴性</translation>
    </message>
    <message>
        <source>Indeterminate</source>
        <translation>不确定</translation>
    </message>
    <message>
        <source>Suspicious</source>
        <translation>可疑</translation>
    </message>
    <message>
        <source>Preserved</source>
        <translation>存在</translation>
    </message>
    <message>
        <source>Displaced</source>
        <translation>移位</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>消失</translation>
    </message>
    <message>
        <source>Not seen</source>
        <translation>未显示</translation>
    </message>
    <message>
        <source>Oval</source>
        <translation>椭圆形</translation>
    </message>
    <message>
        <source>Round</source>
        <translation>圆形</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>光整</translation>
    </message>
    <message>
        <source>Irregular</source>
        <translation>不规则</translation>
    </message>
    <message>
        <source>None seen</source>
        <translation>未见血流</translation>
    </message>
    <message>
        <source>Hilar</source>
        <translation>门型血流</translation>
    </message>
    <message>
        <source>Abnormal</source>
        <translation>异常血流</translation>
    </message>
    <message>
        <source>Tumour</source>
        <translation>肿瘤</translation>
    </message>
    <message>
        <source>Lymph node</source>
        <translation>淋巴结</translation>
    </message>
    <message>
        <source>Proposed</source>
        <translation>网络勾画</translation>
    </message>
    <message>
        <source>Edited</source>
        <translation>已修改</translation>
    </message>
    <message>
        <source>Drawn</source>
        <translation>手工勾画</translation>
    </message>
    <message>
        <source>ratio {0}</source>
        <translation>长径/短径 {0}</translation>
    </message>
    <message>
        <source>often quoted mark, no single source</source>
        <translation>常用界值，无单一出处</translation>
    </message>
    <message>
        <source>general criterion, no cut-off</source>
        <translation>通用征象，无界值</translation>
    </message>
    <message>
        <source>set by this site (default {value}: {what})</source>
        <translation>由本机构设定（默认 {value}：{what}）</translation>
    </message>
    <message>
        <source>Cortex thicker than {limit} mm</source>
        <translation>皮质厚度大于 {limit} mm</translation>
    </message>
    <message>
        <source>Long by short axis below {limit}, as measured</source>
        <translation>实测长径/短径小于 {limit}</translation>
    </message>
    <message>
        <source>Focal bulge of the cortex</source>
        <translation>皮质局限性隆起</translation>
    </message>
    <message>
        <source>Fatty hilum lost</source>
        <translation>脂肪淋巴门消失</translation>
    </message>
    <message>
        <source>Round shape</source>
        <translation>呈圆形</translation>
    </message>
    <message>
        <source>Irregular outline</source>
        <translation>边缘不规则</translation>
    </message>
    <message>
        <source>Abnormal flow</source>
        <translation>血流异常</translation>
    </message>
    <message>
        <source>cortex of {high} mm or more, or hilum lost</source>
        <translation>皮质厚度 {high} mm 及以上，或淋巴门消失</translation>
    </message>
    <message>
        <source>cortex below {low} mm</source>
        <translation>皮质厚度小于 {low} mm</translation>
    </message>
    <message>
        <source>cortex from {low} to below {high} mm</source>
        <translation>皮质厚度 {low} mm 至不足 {high} mm</translation>
    </message>
    <message>
        <source>Grade {grade} ({what}).</source>
        <translation>{grade} 级（{what}）。</translation>
    </message>
    <message>
        <source>Grade {grade} ({what}): high nodal burden in {share} ({some} of {everyone}) as published.</source>
        <translation>{grade} 级（{what}）：据文献，高淋巴结负荷占 {share}（{everyone} 例中 {some} 例）。</translation>
    </message>
    <message>
        <source>Part of the outline lies outside the calibrated region: the area is in pixels.</source>
        <translation>轮廓有一部分在定标区域之外：面积以像素计。</translation>
    </message>
    <message>
        <source>The picture carries no calibration.</source>
        <translation>图像没有定标信息。</translation>
    </message>
    <message>
        <source>No region of the picture is calibrated in cm on both axes.</source>
        <translation>图像中没有在两个轴向上均以 cm 定标的区域。</translation>
    </message>
    <message>
        <source>It does not lie in one region that is calibrated in cm on both axes.</source>
        <translation>它不在同一个两轴均以 cm 定标的区域内。</translation>
    </message>
    <message>
        <source>It lies in two calibrated regions that contradict each other.</source>
        <translation>它位于两个互相矛盾的定标区域内。</translation>
    </message>
    <message>
        <source>A part of the picture without a scale in cm lies over it.</source>
        <translation>图像中没有 cm 标度的部分覆盖了它。</translation>
    </message>
    <message>
        <source>The first read is locked: unlock it to change regions or images.</source>
        <translation>首次判读已锁定：如需修改区域或图像，请先解锁。</translation>
    </message>
    <message>
        <source>The score was seen: the change is recorded as an edit after the reveal.</source>
        <translation>评分已被查看：此修改将记录为揭示后的修改。</translation>
    </message>
    <message>
        <source>The score was not revealed yet: this is an ordinary edit.</source>
        <translation>评分尚未揭示：这是普通修改。</translation>
    </message>
    <message>
        <source>A concurrent reading shows the score from the start: this is an ordinary edit.</source>
        <translation>同步判读从一开始就显示评分：这是普通修改。</translation>
    </message>
    <message>
        <source>The reading is signed: open an amendment to change it.</source>
        <translation>判读已签名：如需修改，请先开始修订。</translation>
    </message>
    <message>
        <source>The first read is locked: unlock it to change it.</source>
        <translation>首次判读已锁定：如需修改，请先解锁。</translation>
    </message>
    <message>
        <source>The score was seen: the first read can no longer be changed, enter the final read.</source>
        <translation>评分已被查看：首次判读不能再修改，请填写最终判读。</translation>
    </message>
    <message>
        <source>The first read is locked already.</source>
        <translation>首次判读已经锁定。</translation>
    </message>
    <message>
        <source>The first read is not locked.</source>
        <translation>首次判读未锁定。</translation>
    </message>
    <message>
        <source>The score is shown after the first read: enter and lock it.</source>
        <translation>评分在首次判读之后显示：请先填写并锁定首次判读。</translation>
    </message>
    <message>
        <source>The score is shown already.</source>
        <translation>评分已经显示。</translation>
    </message>
    <message>
        <source>The final read follows the score: reveal it.</source>
        <translation>最终判读在看到评分之后：请先揭示评分。</translation>
    </message>
    <message>
        <source>The final read follows the score: lock the first read and reveal it.</source>
        <translation>最终判读在看到评分之后：请先锁定首次判读并揭示评分。</translation>
    </message>
    <message>
        <source>A reading is signed after the final read: lock the first read and reveal the score.</source>
        <translation>判读在最终判读之后签名：请先锁定首次判读并揭示评分。</translation>
    </message>
    <message>
        <source>A reading is signed after the final read: reveal the score.</source>
        <translation>判读在最终判读之后签名：请先揭示评分。</translation>
    </message>
    <message>
        <source>The reading is signed already.</source>
        <translation>判读已经签名。</translation>
    </message>
    <message>
        <source>The reading is not signed: change it as it is.</source>
        <translation>判读未签名：可直接修改。</translation>
    </message>
    <message>
        <source>An amendment is open already.</source>
        <translation>已在修订中。</translation>
    </message>
    <message>
        <source>No amendment is open.</source>
        <translation>没有进行中的修订。</translation>
    </message>
    <message>
        <source>Only a signed reading is exported: sign it.</source>
        <translation>只能导出已签名的判读：请先签名。</translation>
    </message>
    <message>
        <source>An amendment is open: sign or discard it, then export.</source>
        <translation>修订中：请先签名或放弃修订，再导出。</translation>
    </message>
    <message>
        <source>A concurrent reading has no first read: enter the final read.</source>
        <translation>同步判读没有首次判读：请填写最终判读。</translation>
    </message>
    <message>
        <source>A concurrent reading has no locked first read and no reveal.</source>
        <translation>同步判读没有锁定的首次判读，也没有揭示。</translation>
    </message>
    <message>
        <source>There is no first read to lock: enter it.</source>
        <translation>没有可锁定的首次判读：请先填写。</translation>
    </message>
    <message>
        <source>There is no final read of the case as it is now: enter it, then sign.</source>
        <translation>当前病例状态没有最终判读：请先填写，再签名。</translation>
    </message>
    <message>
        <source>An amendment needs a reason: say what is wrong with the signed reading.</source>
        <translation>修订需要理由：请说明已签名的判读有何不妥。</translation>
    </message>
    <message>
        <source>set by this site</source>
        <translation>由本机构设定</translation>
    </message>
    <message>
        <source>Demonstration model - trained on simulated metastasis labels - not for clinical use</source>
        <translation>演示模型 · 以模拟的转移标签训练 · 不得用于临床</translation>
    </message>
    <message>
        <source>This picture is grey or has no tag of its colour.</source>
        <translation>此图像为灰度图，或没有颜色标签。</translation>
    </message>
    <message>
        <source>The report waits for the score</source>
        <translation>报告正在等待评分</translation>
    </message>
    <message>
        <source>Preparing the report</source>
        <translation>正在准备报告</translation>
    </message>
    <message>
        <source>An amendment was opened meanwhile: nothing was written.</source>
        <translation>在此期间已开始修订，未写出任何内容。</translation>
    </message>
    <message>
        <source>Writing the report</source>
        <translation>正在写出报告</translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation>已写入：{0}</translation>
    </message>
    <message>
        <source>A change is not saved yet: it is tried again. What is not saved is neither signed nor exported.</source>
        <translation>有一处更改尚未保存，程序会再试。未保存的内容不能签名，也不能导出。</translation>
    </message>
    <message>
        <source>The score is being made anew: wait for it, then decide.</source>
        <translation>正在重新评分，请等待完成后再决定。</translation>
    </message>
    <message>
        <source>An image was changed while the network outlined it: your change stays.</source>
        <translation>网络勾画期间有图像被修改：保留您的修改。</translation>
    </message>
    <message>
        <source>The reading was closed before the network had finished.</source>
        <translation>网络尚未完成，判读已关闭。</translation>
    </message>
    <message>
        <source>Outlining</source>
        <translation>正在勾画</translation>
    </message>
    <message>
        <source>The image was changed meanwhile: ask again.</source>
        <translation>图像在此期间已被修改：请重新请求。</translation>
    </message>
    <message>
        <source>Nothing was found in the box.</source>
        <translation>框内未发现任何区域。</translation>
    </message>
    <message>
        <source>Looking again</source>
        <translation>正在再次查看</translation>
    </message>
    <message>
        <source>Frame {0} is read now in place of frame {1}: it was drawn on. Undo takes both back.</source>
        <translation>现判读第 {0} 帧，取代第 {1} 帧：已在其上勾画。撤销可同时恢复两者。</translation>
    </message>
    <message>
        <source>Nothing was drawn.</source>
        <translation>未画出任何内容。</translation>
    </message>
    <message>
        <source>The region was changed meanwhile: try again.</source>
        <translation>该区域在此期间已被修改：请重试。</translation>
    </message>
    <message>
        <source>First read entered</source>
        <translation>已填写首次判读</translation>
    </message>
    <message>
        <source>Concurrent reading</source>
        <translation>同步判读</translation>
    </message>
    <message>
        <source>Not read yet</source>
        <translation>尚未判读</translation>
    </message>
    <message>
        <source>First read locked</source>
        <translation>首次判读已锁定</translation>
    </message>
    <message>
        <source>Score seen</source>
        <translation>已查看评分</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>已签名</translation>
    </message>
    <message>
        <source>Amended and signed</source>
        <translation>已修订并签名</translation>
    </message>
    <message>
        <source>Amendment open</source>
        <translation>修订中</translation>
    </message>
    <message>
        <source>Blinded</source>
        <translation>盲法</translation>
    </message>
    <message>
        <source>Concurrent</source>
        <translation>同步</translation>
    </message>
    <message>
        <source>{0} of {1} images confirmed</source>
        <translation>{1} 幅图像中已确认 {0} 幅</translation>
    </message>
    <message>
        <source>Scoring</source>
        <translation>正在评分</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Explaining</source>
        <translation>正在生成热图</translation>
    </message>
    <message>
        <source>The report has no heat maps. {0}</source>
        <translation>报告中没有热图。{0}</translation>
    </message>
    <message>
        <source>This image is unlike the training images: its features lie {times} times as far from theirs as nearly all of them do.</source>
        <translation>此图像与训练图像不相似：其特征的偏离程度是绝大多数训练图像的 {times} 倍。</translation>
    </message>
    <message>
        <source>Nothing is outlined on this image; if it counts, then with the network&apos;s own soft mask.</source>
        <translation>此图像未勾画；若纳入评分，则使用网络自身的软掩膜。</translation>
    </message>
    <message>
        <source>This cine of {frames} frames is represented by frame {frame} alone.</source>
        <translation>此动态图像共 {frames} 帧，仅以第 {frame} 帧代表。</translation>
    </message>
    <message>
        <source>There is colour at the outlined region (Doppler, elastography or calipers); the model is made for plain grey-scale pictures.</source>
        <translation>勾画区域处有彩色（多普勒、弹性成像或测量标记）；本模型仅适用于普通灰阶图像。</translation>
    </message>
    <message>
        <source>There is colour in this picture (Doppler, elastography or calipers); the model is made for plain grey-scale pictures.</source>
        <translation>此图像中有彩色（多普勒、弹性成像或测量标记）；本模型仅适用于普通灰阶图像。</translation>
    </message>
    <message>
        <source>No image that counts shows a lymph node; the score rests on the tumour alone.</source>
        <translation>纳入的图像均未显示淋巴结；评分仅依据肿瘤。</translation>
    </message>
    <message>
        <source>No image that counts shows the tumour; the score rests on lymph nodes alone.</source>
        <translation>纳入的图像均未显示肿瘤；评分仅依据淋巴结。</translation>
    </message>
    <message>
        <source>This model has no statistics of its training images: whether these images are like them was not checked.</source>
        <translation>此模型没有训练图像的统计信息：未检查这些图像是否与训练图像相似。</translation>
    </message>
    <message>
        <source>The images are of {days} days, {first} to {last}; the score takes them for one examination. Read each by itself.</source>
        <translation>图像来自 {days} 个日期（{first} 至 {last}）；评分将其视为一次检查。请分别判读。</translation>
    </message>
    <message>
        <source>The images are of the left and the right side; the score does not say which it is about. Read each side by itself.</source>
        <translation>图像包含左右两侧；评分不能说明针对哪一侧。请分侧判读。</translation>
    </message>
    <message>
        <source>operating point {threshold}</source>
        <translation>工作点 {threshold}</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>lowers the probability</source>
        <translation>降低概率</translation>
    </message>
    <message>
        <source>raises it</source>
        <translation>升高概率</translation>
    </message>
    <message>
        <source>points</source>
        <translation>百分点</translation>
    </message>
    <message>
        <source>without it</source>
        <translation>排除后</translation>
    </message>
    <message>
        <source>left out by the reader</source>
        <translation>阅片者已排除</translation>
    </message>
    <message>
        <source>The first read stands.</source>
        <translation>维持首次判读。</translation>
    </message>
    <message>
        <source>The first read was changed.</source>
        <translation>首次判读已修改。</translation>
    </message>
    <message>
        <source>There was no first read: the score was shown from the start.</source>
        <translation>没有首次判读：从一开始就显示评分。</translation>
    </message>
    <message>
        <source>Concurrent reading: the score was shown from the start, there is no first read.</source>
        <translation>同步判读：从一开始就显示评分，没有首次判读。</translation>
    </message>
    <message>
        <source>This report is not signed.</source>
        <translation>本报告未签名。</translation>
    </message>
    <message>
        <source>Amendment {number}</source>
        <translation>第 {number} 次修订</translation>
    </message>
    <message>
        <source>As signed first</source>
        <translation>首次签名时</translation>
    </message>
    <message>
        <source>{version}: this read counts</source>
        <translation>{version}：以此判读为准</translation>
    </message>
    <message>
        <source>Amended and signed ({why}) by {name}, {time}.</source>
        <translation>{name} 已修订并签名（{why}），{time}。</translation>
    </message>
    <message>
        <source>Signed by {name}, {time}.</source>
        <translation>{name} 签名，{time}。</translation>
    </message>
    <message>
        <source>An amendment is open and not signed ({why}): the signed read above counts.</source>
        <translation>修订尚未签名（{why}）：以上述已签名的判读为准。</translation>
    </message>
    <message>
        <source>No probability of the second reader belongs to it.</source>
        <translation>该签名不含第二阅片者的概率。</translation>
    </message>
    <message>
        <source>The second reader&apos;s probability at this signature: {probability}.</source>
        <translation>该签名时第二阅片者的概率：{probability}。</translation>
    </message>
    <message>
        <source>{decision} Reason: {why}</source>
        <translation>{decision}理由：{why}</translation>
    </message>
    <message>
        <source>{status}, confidence {confidence} of 100. {reader}, {time}.</source>
        <translation>{status}，把握度 {confidence}/100。{reader}，{time}。</translation>
    </message>
    <message>
        <source>Noted of the node: {noted}.</source>
        <translation>淋巴结所见：{noted}。</translation>
    </message>
    <message>
        <source>Blinded reading. Not locked yet.</source>
        <translation>盲法判读。尚未锁定。</translation>
    </message>
    <message>
        <source>Blinded reading: locked before the score could be seen.</source>
        <translation>盲法判读：评分可见之前已锁定。</translation>
    </message>
    <message>
        <source>Long by short axis below {limit}, as measured on the outlines of this report: {nodes} ({source}).</source>
        <translation>长短径比小于 {limit}（按本报告中的轮廓测量）：{nodes}（{source}）。</translation>
    </message>
    <message>
        <source>Criteria and remarks are those of the first read.</source>
        <translation>征象和备注与首次判读相同。</translation>
    </message>
    <message>
        <source>{criterion} ({source})</source>
        <translation>{criterion}（{source}）</translation>
    </message>
    <message>
        <source>Criteria of suspicion met: {criteria}.</source>
        <translation>符合的可疑征象：{criteria}。</translation>
    </message>
    <message>
        <source>; </source>
        <translation>；</translation>
    </message>
    <message>
        <source>Remarks: {text}</source>
        <translation>备注：{text}</translation>
    </message>
    <message>
        <source>focal bulge</source>
        <translation>局限性隆起</translation>
    </message>
    <message>
        <source>no focal bulge</source>
        <translation>无局限性隆起</translation>
    </message>
    <message>
        <source>cortex {mm} mm</source>
        <translation>皮质厚度 {mm} mm</translation>
    </message>
    <message>
        <source>hilum preserved</source>
        <translation>淋巴门存在</translation>
    </message>
    <message>
        <source>hilum displaced</source>
        <translation>淋巴门移位</translation>
    </message>
    <message>
        <source>hilum lost</source>
        <translation>淋巴门消失</translation>
    </message>
    <message>
        <source>hilum not seen</source>
        <translation>淋巴门未显示</translation>
    </message>
    <message>
        <source>shape oval</source>
        <translation>椭圆形</translation>
    </message>
    <message>
        <source>shape round</source>
        <translation>圆形</translation>
    </message>
    <message>
        <source>outline smooth</source>
        <translation>边缘光整</translation>
    </message>
    <message>
        <source>outline irregular</source>
        <translation>边缘不规则</translation>
    </message>
    <message>
        <source>flow none seen</source>
        <translation>未见血流</translation>
    </message>
    <message>
        <source>flow hilar</source>
        <translation>门型血流</translation>
    </message>
    <message>
        <source>flow abnormal</source>
        <translation>异常血流</translation>
    </message>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>time removed</source>
        <translation>时间已移除</translation>
    </message>
    <message>
        <source>Reader</source>
        <translation>阅片者</translation>
    </message>
    <message>
        <source>Date and time</source>
        <translation>日期和时间</translation>
    </message>
    <message>
        <source>Signature</source>
        <translation>签名</translation>
    </message>
    <message>
        <source>Page {page} of {pages}</source>
        <translation>第 {page} 页，共 {pages} 页</translation>
    </message>
    <message>
        <source>ALN Reader report</source>
        <translation>ALN Reader 报告</translation>
    </message>
    <message>
        <source>Second reading of breast and axillary ultrasound</source>
        <translation>乳腺及腋窝超声第二阅片报告</translation>
    </message>
    <message>
        <source>born {date}</source>
        <translation>{date} 出生</translation>
    </message>
    <message>
        <source>Site not recorded</source>
        <translation>机构未记录</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>无模型</translation>
    </message>
    <message>
        <source>model {name} {version} ({hash})</source>
        <translation>模型 {name} {version}（{hash}）</translation>
    </message>
    <message>
        <source>Demonstration model</source>
        <translation>演示模型</translation>
    </message>
    <message>
        <source>Report made {time}</source>
        <translation>报告生成时间：{time}</translation>
    </message>
    <message>
        <source>Without identity and dates</source>
        <translation>不含身份信息和日期</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>All limits and warnings</source>
        <translation>全部局限与警告</translation>
    </message>
    <message>
        <source>First read</source>
        <translation>首次判读</translation>
    </message>
    <message>
        <source>Second reader</source>
        <translation>第二阅片者</translation>
    </message>
    <message>
        <source>Final read</source>
        <translation>最终判读</translation>
    </message>
    <message>
        <source>What each image contributes</source>
        <translation>每幅图像的贡献</translation>
    </message>
    <message>
        <source>image {number} {region}</source>
        <translation>图像 {number} 的 {region}</translation>
    </message>
    <message>
        <source>left</source>
        <translation>左侧</translation>
    </message>
    <message>
        <source>right</source>
        <translation>右侧</translation>
    </message>
    <message>
        <source>{images} ({cines} from a cine)</source>
        <translation>{images} 幅（其中 {cines} 幅取自动态图像）</translation>
    </message>
    <message>
        <source>{images}, outlined: {regions}</source>
        <translation>{images}，已勾画：{regions}</translation>
    </message>
    <message>
        <source>{images}, nothing outlined</source>
        <translation>{images}，未勾画</translation>
    </message>
    <message>
        <source>female</source>
        <translation>女</translation>
    </message>
    <message>
        <source>male</source>
        <translation>男</translation>
    </message>
    <message>
        <source>other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Patient ID</source>
        <translation>患者 ID</translation>
    </message>
    <message>
        <source>Born</source>
        <translation>出生日期</translation>
    </message>
    <message>
        <source>Sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>Examined</source>
        <translation>检查日期</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Accession</source>
        <translation>检查号</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>侧别</translation>
    </message>
    <message>
        <source> and </source>
        <translation>、</translation>
    </message>
    <message>
        <source>{years} years at the examination</source>
        <translation>检查时 {years} 岁</translation>
    </message>
    <message>
        <source>Image {numbers}: {message}</source>
        <translation>图像 {numbers}：{message}</translation>
    </message>
    <message>
        <source>Images {numbers}: {message}</source>
        <translation>图像 {numbers}：{message}</translation>
    </message>
    <message>
        <source>1 file was offered and not read; see the list further back.</source>
        <translation>有 1 个文件未能读取，见后文列表。</translation>
    </message>
    <message>
        <source>{files} files were offered and not read; see the list further back.</source>
        <translation>有 {files} 个文件未能读取，见后文列表。</translation>
    </message>
    <message>
        <source>{numbers} and {rest} more</source>
        <translation>{numbers} 及另外 {rest} 幅</translation>
    </message>
    <message>
        <source>{rest} more: see “All limits and warnings” further back.</source>
        <translation>另有 {rest} 条：见后文“全部局限与警告”。</translation>
    </message>
    <message>
        <source>What limits this answer</source>
        <translation>本结果的局限</translation>
    </message>
    <message>
        <source>With no image at all the model says {baseline}; this image moves that by {points} percentage points.</source>
        <translation>不含任何图像时模型给出 {baseline}；此图像使其变化 {points} 个百分点。</translation>
    </message>
    <message>
        <source>With no image at all the model says {baseline}; all {images} images together move that by {points} percentage points.</source>
        <translation>不含任何图像时模型给出 {baseline}；全部 {images} 幅图像合计使其变化 {points} 个百分点。</translation>
    </message>
    <message>
        <source>Shown are the {rows} images that move it most.</source>
        <translation>此处显示影响最大的 {rows} 幅图像。</translation>
    </message>
    <message>
        <source>{region}, proposed by the network</source>
        <translation>{region}，网络勾画</translation>
    </message>
    <message>
        <source>{region}, proposed by the network, corrected by the reader</source>
        <translation>{region}，网络勾画，阅片者修改</translation>
    </message>
    <message>
        <source>{region}, drawn by the reader</source>
        <translation>{region}，阅片者手工勾画</translation>
    </message>
    <message>
        <source>T: tumour, N: lymph node. A dashed outline was proposed by the network and not confirmed by a reader; a solid one was confirmed or drawn. Small crosses mark the ends of the long and short axis. Each heat map has a scale of its own: the end of its colour bar says how strong it is beside the brightest image of the patient.</source>
        <translation>T：肿瘤，N：淋巴结。虚线轮廓由网络勾画，未经阅片者确认；实线轮廓已确认或为手工勾画。小十字标出长径和短径的两端。每幅热图使用各自的标度：色条末端的百分比表示其相对于该患者最亮图像的强度。</translation>
    </message>
    <message>
        <source>tumour view</source>
        <translation>肿瘤切面</translation>
    </message>
    <message>
        <source>lymph node view</source>
        <translation>淋巴结切面</translation>
    </message>
    <message>
        <source>image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>No heat map.</source>
        <translation>无热图。</translation>
    </message>
    <message>
        <source>Heat map: {caption}</source>
        <translation>热图：{caption}</translation>
    </message>
    <message>
        <source>Nothing is outlined on this image.</source>
        <translation>此图像未勾画任何区域。</translation>
    </message>
    <message>
        <source>No value in millimetres: {reason}</source>
        <translation>没有毫米值：{reason}</translation>
    </message>
    <message>
        <source>The reader left this image out of the patient&apos;s probability.</source>
        <translation>阅片者已将此图像排除出患者概率的计算。</translation>
    </message>
    <message>
        <source>frame {frame} of {frames}</source>
        <translation>第 {frame} 帧，共 {frames} 帧</translation>
    </message>
    <message>
        <source>{points} points</source>
        <translation>{points} 个百分点</translation>
    </message>
    <message>
        <source>Lymph node view</source>
        <translation>淋巴结切面</translation>
    </message>
    <message>
        <source>Probability, this image alone</source>
        <translation>仅此图像的概率</translation>
    </message>
    <message>
        <source>Contribution</source>
        <translation>贡献</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>未纳入</translation>
    </message>
    <message>
        <source>Patient without this image</source>
        <translation>排除此图像后的患者概率</translation>
    </message>
    <message>
        <source>{region}, confirmed</source>
        <translation>{region}，已确认</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Long axis</source>
        <translation>长径</translation>
    </message>
    <message>
        <source>Short axis</source>
        <translation>短径</translation>
    </message>
    <message>
        <source>Long / short</source>
        <translation>长径/短径</translation>
    </message>
    <message>
        <source>Area</source>
        <translation>面积</translation>
    </message>
    <message>
        <source>Not read ({files})</source>
        <translation>未读取（{files}）</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>and {files} more; the JSON document lists all of them.</source>
        <translation>另有 {files} 个；JSON 文档列出全部文件。</translation>
    </message>
    <message>
        <source>{threshold} ({name})</source>
        <translation>{threshold}（{name}）</translation>
    </message>
    <message>
        <source>{point}; it {known}</source>
        <translation>{point}；{known}</translation>
    </message>
    <message>
        <source>{point}; what it finds is not published</source>
        <translation>{point}；其检出性能未公布</translation>
    </message>
    <message>
        <source>not clinical: a demonstration</source>
        <translation>非临床标签：演示</translation>
    </message>
    <message>
        <source>clinical</source>
        <translation>临床标签</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Intended use</source>
        <translation>预期用途</translation>
    </message>
    <message>
        <source>Training data</source>
        <translation>训练数据</translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation>工作点</translation>
    </message>
    <message>
        <source>Citation</source>
        <translation>引用</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Limits that the model&apos;s card states</source>
        <translation>模型卡片声明的局限性</translation>
    </message>
    <message>
        <source>not recorded</source>
        <translation>未记录</translation>
    </message>
    <message>
        <source>{width} x {height} pixels</source>
        <translation>{width} × {height} 像素</translation>
    </message>
    <message>
        <source>mean of red, green, blue {values}</source>
        <translation>红、绿、蓝的均值 {values}</translation>
    </message>
    <message>
        <source>standard deviation {values}</source>
        <translation>标准差 {values}</translation>
    </message>
    <message>
        <source>averaged when made smaller</source>
        <translation>缩小时取平均</translation>
    </message>
    <message>
        <source>read at {values} times this size</source>
        <translation>以该尺寸的 {values} 倍读取</translation>
    </message>
    <message>
        <source>read mirrored, too</source>
        <translation>并读取镜像</translation>
    </message>
    <message>
        <source>Run record</source>
        <translation>运行记录</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Preprocessing</source>
        <translation>预处理</translation>
    </message>
    <message>
        <source>{frame} of {frames}</source>
        <translation>{frame}/{frames}</translation>
    </message>
    <message>
        <source>SOP Instance UID, or file</source>
        <translation>SOP Instance UID 或文件</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>帧</translation>
    </message>
    <message>
        <source>Revision</source>
        <translation>修订号</translation>
    </message>
    <message>
        <source>No first read was entered.</source>
        <translation>未填写首次判读。</translation>
    </message>
    <message>
        <source>No final read was entered. This report is not signed.</source>
        <translation>未填写最终判读。本报告未签名。</translation>
    </message>
    <message>
        <source>No model was loaded: there is no second reading. Regions and measurements stand by themselves.</source>
        <translation>未载入模型：没有第二阅片结果。区域和测量值独立有效。</translation>
    </message>
    <message>
        <source>No image counts: there is no probability of this patient.</source>
        <translation>没有计入的图像：该患者没有概率。</translation>
    </message>
    <message>
        <source>The score is hidden until the first read is locked and the score revealed.</source>
        <translation>在锁定首次判读并揭示评分之前，不显示评分。</translation>
    </message>
    <message>
        <source>where the network looked, not proof</source>
        <translation>网络关注的部位，不是证据</translation>
    </message>
    <message>
        <source>{probability}: above this model&apos;s threshold of {threshold}</source>
        <translation>{probability}：高于本模型的阈值 {threshold}</translation>
    </message>
    <message>
        <source>{probability}: above this site&apos;s threshold of {threshold}</source>
        <translation>{probability}：高于本机构设定的阈值 {threshold}</translation>
    </message>
    <message>
        <source>{probability}: at this model&apos;s threshold of {threshold}, which counts as above</source>
        <translation>{probability}：等于本模型的阈值 {threshold}，按高于阈值计</translation>
    </message>
    <message>
        <source>{probability}: at this site&apos;s threshold of {threshold}, which counts as above</source>
        <translation>{probability}：等于本机构设定的阈值 {threshold}，按高于阈值计</translation>
    </message>
    <message>
        <source>{probability}: below this model&apos;s threshold of {threshold}</source>
        <translation>{probability}：低于本模型的阈值 {threshold}</translation>
    </message>
    <message>
        <source>{probability}: below this site&apos;s threshold of {threshold}</source>
        <translation>{probability}：低于本机构设定的阈值 {threshold}</translation>
    </message>
    <message>
        <source>{probability} ({interval})</source>
        <translation>{probability}（{interval}）</translation>
    </message>
    <message>
        <source>{place}, at which it {known}.</source>
        <translation>{place}；该阈值{known}。</translation>
    </message>
    <message>
        <source>{place}.</source>
        <translation>{place}。</translation>
    </message>
    <message>
        <source>found {found} of metastatic axillae and cleared {cleared} of the others</source>
        <translation>检出了 {found} 的转移腋窝，并正确排除了 {cleared} 的无转移腋窝</translation>
    </message>
    <message>
        <source>found {found} of metastatic axillae</source>
        <translation>检出了 {found} 的转移腋窝</translation>
    </message>
    <message>
        <source>cleared {cleared} of the others</source>
        <translation>正确排除了 {cleared} 的无转移腋窝</translation>
    </message>
    <message>
        <source>{known} in {data}</source>
        <translation>在{data}中{known}</translation>
    </message>
    <message>
        <source>tumour</source>
        <translation>肿瘤</translation>
    </message>
    <message>
        <source>lymph node</source>
        <translation>淋巴结</translation>
    </message>
    <message>
        <source>{patient}: 1 image</source>
        <translation>{patient}：1 幅图像</translation>
    </message>
    <message>
        <source>{patient}: {images} images</source>
        <translation>{patient}：{images} 幅图像</translation>
    </message>
    <message>
        <source>Probability of axillary lymph node metastasis {verdict}</source>
        <translation>腋窝淋巴结转移概率 {verdict}</translation>
    </message>
    <message>
        <source>1 file was not read:</source>
        <translation>1 个文件未读取：</translation>
    </message>
    <message>
        <source>{files} files were not read:</source>
        <translation>{files} 个文件未读取：</translation>
    </message>
    <message>
        <source>and {files} more, which the JSON document lists (--json).</source>
        <translation>另有 {files} 个，JSON 文档（--json）列出全部。</translation>
    </message>
    <message>
        <source>Demonstration model (SegFormer B0, simulated metastasis labels)</source>
        <translation>演示模型（SegFormer B0，模拟的转移标签）</translation>
    </message>
    <message>
        <source>Research and teaching: shows how the two-stage network and this program work. Not for clinical use. The outlines of tumours and nodes may be looked at as suggestions; the probability of metastasis means nothing for a person.</source>
        <translation>科研与教学：展示两阶段网络及本程序的工作方式。不得用于临床。肿瘤和淋巴结的轮廓可作为参考建议；转移概率对任何个人均无意义。</translation>
    </message>
    <message>
        <source>Pictures of breast lesions with masks (BUSI and BUS-BRA, folds 1 to 3; fold 4 for validation, fold 0 for the test), without any metastasis label, and simulated patients with masks and labels. Patients, groups of duplicate pictures, and near copies that were found are never in two splits; BUSI does not tell its patients, so each group of copies counts as one. Axillary pictures of BUS-BRA count as lymph nodes where caption or histology says node, or where a reading by lay people with a look at the picture does, and are left out where it is unclear; BUSI pictures whose caption says axilla teach the kind only, their masks being unreliable.</source>
        <translation>带掩膜的乳腺病灶图像（BUSI 和 BUS-BRA，第 1 至 3 折；第 4 折用于验证，第 0 折用于测试），不含任何转移标签；以及带掩膜和标签的模拟患者。同一患者、同组重复图像以及已发现的近似副本不会出现在两个划分中；BUSI 未注明患者，因此每组副本计为一名患者。BUS-BRA 的腋窝图像在图注或组织学注明为淋巴结时，或由非专业人员看图判断为淋巴结时，计为淋巴结，不明确者不用；图注注明腋窝的 BUSI 图像因掩膜不可靠，仅用于学习种类。</translation>
    </message>
    <message>
        <source>Apache-2.0; the citations must be kept</source>
        <translation>Apache-2.0；须保留引用</translation>
    </message>
    <message>
        <source>The metastasis labels are those of simulated patients. The probability says nothing about a person: it shows how the program works.</source>
        <translation>转移标签来自模拟患者。该概率不能说明任何个人的情况，仅用于展示程序的工作方式。</translation>
    </message>
    <message>
        <source>No lymph-node pathology was available. Every metastasis label belongs to a simulated patient and follows from risk factors that the simulation states.</source>
        <translation>没有可用的淋巴结病理结果。所有转移标签均属于模拟患者，由模拟中设定的危险因素得出。</translation>
    </message>
    <message>
        <source>Breast lesions were learned from two public collections (Egypt, one scanner; Brazil, four scanners) and from simulation. Other scanners, probes and populations were not tested.</source>
        <translation>乳腺病灶的学习来自两个公开数据集（埃及，一台设备；巴西，四台设备）和模拟数据。未在其他设备、探头和人群中测试。</translation>
    </message>
    <message>
        <source>Real lymph nodes are almost absent: 6 outlined training pictures of 3 patients and 19 more by their caption alone. Do not rely on the kind of a real node.</source>
        <translation>几乎没有真实淋巴结：仅有 3 名患者的 6 幅带轮廓训练图像，另有 19 幅仅凭图注认定。请勿依赖对真实淋巴结种类的判断。</translation>
    </message>
    <message>
        <source>No men, no post-operative or post-therapeutic axilla, no Doppler or elastography on purpose (9 colour pictures are in the training data).</source>
        <translation>不含男性、术后或治疗后的腋窝，也未有意纳入多普勒或弹性成像（训练数据中有 9 幅彩色图像）。</translation>
    </message>
    <message>
        <source>A small network, trained from scratch at 256 x 256 pixels on CPU cores, without pre-training on other pictures: the metrics say how many lesions it misses and how often it outlines something where there is nothing.</source>
        <translation>小型网络，在 CPU 上以 256 x 256 像素从头训练，未用其他图像预训练：指标说明它遗漏多少病灶，以及在没有病灶处勾画的频率。</translation>
    </message>
    <message>
        <source>Threshold and calibration were chosen on simulated validation patients.</source>
        <translation>阈值和校准在模拟的验证患者上选定。</translation>
    </message>
    <message>
        <source>simulated validation patients</source>
        <translation>模拟的验证患者</translation>
    </message>
    <message>
        <source>sensitive</source>
        <translation>高灵敏度</translation>
    </message>
    <message>
        <source>not saved</source>
        <translation>未保存</translation>
    </message>
    <message>
        <source>Actions that are not saved: {0}. Save the case as a file in another place (Ctrl+S), or close again to quit without them.</source>
        <translation>未保存的操作：{0} 项。请将病例另存到其他位置（Ctrl+S），或再次关闭以放弃这些操作并退出。</translation>
    </message>
    <message>
        <source>The work list could not be opened: nothing is being saved.</source>
        <translation>无法打开工作列表：不会保存任何内容。</translation>
    </message>
    <message>
        <source>This reading is not being saved: the work list does not have it.</source>
        <translation>此判读不会保存：工作列表中没有它。</translation>
    </message>
    <message>
        <source>Saved as it is on the screen, but not told step by step. {0}</source>
        <translation>已按屏幕上的状态保存，但未逐步记录。{0}</translation>
    </message>
    <message>
        <source>Saved in the work list of this computer only. {0}</source>
        <translation>仅保存在本机的工作列表中。{0}</translation>
    </message>
    <message>
        <source>Not saved yet. Actions that wait for the disk: {0}. {1}</source>
        <translation>尚未保存。等待写入磁盘的操作：{0} 项。{1}</translation>
    </message>
    <message>
        <source>not saved: {0} waiting</source>
        <translation>未保存：{0} 项等待中</translation>
    </message>
    <message>
        <source>the compressed frame was cut off: it has no end marker</source>
        <translation>压缩帧不完整：没有结束标记</translation>
    </message>
    <message>
        <source>the compressed frame is damaged ({family}): {reason}</source>
        <translation>压缩帧已损坏（{family}）：{reason}</translation>
    </message>
    <message>
        <source>the compressed frame is damaged ({family}): {message}</source>
        <translation>压缩帧已损坏（{family}）：{message}</translation>
    </message>
    <message>
        <source>{kind} with {precision} bits a value is not supported</source>
        <translation>不支持每值 {precision} 位的 {kind}</translation>
    </message>
    <message>
        <source>JPEG 2000 with components of different size or depth is not supported</source>
        <translation>不支持各分量大小或位深不同的 JPEG 2000</translation>
    </message>
    <message>
        <source>JPEG 2000 with {precision} bits a value is not supported</source>
        <translation>不支持每值 {precision} 位的 JPEG 2000</translation>
    </message>
    <message>
        <source>the RLE header is cut off</source>
        <translation>RLE 头不完整</translation>
    </message>
    <message>
        <source>{count} RLE segments where {segments} must be</source>
        <translation>RLE 段数为 {count}，应为 {segments}</translation>
    </message>
    <message>
        <source>the RLE header is damaged</source>
        <translation>RLE 头已损坏</translation>
    </message>
    <message>
        <source>the compressed frame has {components} components, the header says {samples}</source>
        <translation>压缩帧有 {components} 个分量，文件头声明为 {samples} 个</translation>
    </message>
    <message>
        <source>the codec returned {shape} values</source>
        <translation>解码器返回的数据尺寸为 {shape}</translation>
    </message>
    <message>
        <source>a zip within a zip is not opened: unpack it first</source>
        <translation>不打开压缩包中的压缩包：请先解压</translation>
    </message>
    <message>
        <source>not a DICOM file, PNG or JPEG picture</source>
        <translation>不是 DICOM 文件，也不是 PNG 或 JPEG 图像</translation>
    </message>
    <message>
        <source>No SOP Instance UID: the file cannot be referred to.</source>
        <translation>没有 SOP Instance UID：无法引用该文件。</translation>
    </message>
    <message>
        <source>No Patient ID.</source>
        <translation>没有患者 ID。</translation>
    </message>
    <message>
        <source>the zip no longer holds this file</source>
        <translation>压缩包中已没有此文件</translation>
    </message>
    <message>
        <source>the zip is damaged here: {reason}</source>
        <translation>压缩包此处已损坏：{reason}</translation>
    </message>
    <message>
        <source>the zip cannot be read here: {reason}</source>
        <translation>压缩包此处无法读取：{reason}</translation>
    </message>
    <message>
        <source>not a readable zip: {reason}</source>
        <translation>不是可读取的压缩包：{reason}</translation>
    </message>
    <message>
        <source>cannot be read: {reason}</source>
        <translation>无法读取：{reason}</translation>
    </message>
    <message>
        <source>twice in the zip under one name</source>
        <translation>压缩包中有两个同名文件</translation>
    </message>
    <message>
        <source>a link that leads nowhere</source>
        <translation>链接已失效</translation>
    </message>
    <message>
        <source>there is no such file or folder</source>
        <translation>没有此文件或文件夹</translation>
    </message>
    <message>
        <source>has no pixel data, or was cut off before it</source>
        <translation>没有像素数据，或文件在像素数据之前中断</translation>
    </message>
    <message>
        <source>floating point pixels are no picture</source>
        <translation>浮点像素不是图像</translation>
    </message>
    <message>
        <source>Rows or Columns is missing</source>
        <translation>缺少行数（Rows）或列数（Columns）</translation>
    </message>
    <message>
        <source>a frame of {columns} x {rows} pixels is too large</source>
        <translation>{columns} x {rows} 像素的帧过大</translation>
    </message>
    <message>
        <source>{frames} frames are too many</source>
        <translation>{frames} 帧过多</translation>
    </message>
    <message>
        <source>one bit a pixel: a segmentation or overlay, no picture</source>
        <translation>每像素一位：是分割或叠加层，不是图像</translation>
    </message>
    <message>
        <source>{allocated} bits a value are not supported</source>
        <translation>不支持每值 {allocated} 位</translation>
    </message>
    <message>
        <source>Bits Stored {stored} does not fit Bits Allocated {allocated}</source>
        <translation>存储位数（Bits Stored）{stored} 与分配位数（Bits Allocated）{allocated} 不符</translation>
    </message>
    <message>
        <source>{samples} values a pixel are not supported</source>
        <translation>不支持每像素 {samples} 个值</translation>
    </message>
    <message>
        <source>Photometric Interpretation is missing: read as {photometric}.</source>
        <translation>缺少光度解释（Photometric Interpretation）：按 {photometric} 读取。</translation>
    </message>
    <message>
        <source>Photometric Interpretation {photometric} is not supported</source>
        <translation>不支持光度解释（Photometric Interpretation）{photometric}</translation>
    </message>
    <message>
        <source>Photometric Interpretation {photometric} with {samples} values a pixel</source>
        <translation>光度解释（Photometric Interpretation）{photometric} 与每像素 {samples} 个值不符</translation>
    </message>
    <message>
        <source>{photometric} needs an even number of columns</source>
        <translation>{photometric} 要求列数为偶数</translation>
    </message>
    <message>
        <source>pixel data too short: {length} of {needed} bytes ({share} %)</source>
        <translation>像素数据过短：{needed} 字节中仅有 {length} 字节（{share} %）</translation>
    </message>
    <message>
        <source>not a DICOM file</source>
        <translation>不是 DICOM 文件</translation>
    </message>
    <message>
        <source>the deflated data set is damaged: {reason}</source>
        <translation>压缩的数据集已损坏：{reason}</translation>
    </message>
    <message>
        <source>damaged header: {reason}</source>
        <translation>文件头已损坏：{reason}</translation>
    </message>
    <message>
        <source>the decoder failed on it</source>
        <translation>解码器解码失败</translation>
    </message>
    <message>
        <source>the decoder gave up</source>
        <translation>解码器已放弃</translation>
    </message>
    <message>
        <source>a lookup table has no descriptor</source>
        <translation>查找表没有描述符</translation>
    </message>
    <message>
        <source>a lookup table of {bits} bits</source>
        <translation>查找表为 {bits} 位</translation>
    </message>
    <message>
        <source>PALETTE COLOR without its lookup tables</source>
        <translation>PALETTE COLOR 缺少查找表</translation>
    </message>
    <message>
        <source>a segmented lookup table is cut off</source>
        <translation>分段查找表不完整</translation>
    </message>
    <message>
        <source>a segmented lookup table begins with a linear segment</source>
        <translation>分段查找表以线性段开头</translation>
    </message>
    <message>
        <source>a segmented lookup table refers to a reference</source>
        <translation>分段查找表引用了另一引用</translation>
    </message>
    <message>
        <source>a segmented lookup table has a segment of kind {kind}</source>
        <translation>分段查找表含有类型为 {kind} 的段</translation>
    </message>
    <message>
        <source>a picture, mask or heat map written by this program: read the original</source>
        <translation>由本程序写出的图像、掩膜或热图：请读取原始文件</translation>
    </message>
    <message>
        <source>The picture is stored as CMYK: read as RGB.</source>
        <translation>图像以 CMYK 存储：按 RGB 读取。</translation>
    </message>
    <message>
        <source>The picture has 16 bits: read from its minimum to its maximum.</source>
        <translation>图像为 16 位：按其最小值至最大值读取。</translation>
    </message>
    <message>
        <source>The picture is transparent in parts: read on black.</source>
        <translation>图像部分透明：按黑色背景读取。</translation>
    </message>
    <message>
        <source>the picture is cut off</source>
        <translation>图像不完整</translation>
    </message>
    <message>
        <source>a picture of {width} x {height} pixels is too large</source>
        <translation>{width} x {height} 像素的图像过大</translation>
    </message>
    <message>
        <source>an animated picture</source>
        <translation>动画图像</translation>
    </message>
    <message>
        <source>a picture of too many pixels</source>
        <translation>图像像素过多</translation>
    </message>
    <message>
        <source>damaged: not a PNG or JPEG picture</source>
        <translation>已损坏：不是 PNG 或 JPEG 图像</translation>
    </message>
    <message>
        <source>has no frame {frame}: a picture has one</source>
        <translation>没有第 {frame} 帧：单幅图像只有一帧</translation>
    </message>
    <message>
        <source>only segmentations of outlines (BINARY), not compressed, are de-identified</source>
        <translation>只有未压缩的轮廓分割（BINARY）可以去标识化</translation>
    </message>
    <message>
        <source>the file ends within the pixel data: it was cut off</source>
        <translation>文件在像素数据中结束：文件不完整</translation>
    </message>
    <message>
        <source>The file was cut off: {whole} of {declared} frames are there.</source>
        <translation>文件不完整：{declared} 帧中仅有 {whole} 帧。</translation>
    </message>
    <message>
        <source>holds {whole} of {declared} frames: it was cut off</source>
        <translation>{declared} 帧中仅有 {whole} 帧：文件不完整</translation>
    </message>
    <message>
        <source>has no frame {frame}: there are {frames}</source>
        <translation>没有第 {frame} 帧：共 {frames} 帧</translation>
    </message>
    <message>
        <source>d MMM yyyy</source>
        <translation>yyyy年M月d日</translation>
    </message>
    <message>
        <source>The pass phrase of the mapping file needs at least {SHORTEST_PASSPHRASE} characters: whoever opens the file knows the patients.</source>
        <translation>对照表文件的密码短语至少需要 {SHORTEST_PASSPHRASE} 个字符：打开该文件即可得知患者身份。</translation>
    </message>
    <message>
        <source>{path} is a mapping file of another version of the program.</source>
        <translation>{path} 是本程序其他版本的对照表文件。</translation>
    </message>
    <message>
        <source>The pass phrase does not open {path}, or the file was changed. Try it again: without it nobody can tell who is who.</source>
        <translation>密码短语无法打开 {path}，或该文件已被更改。请重试：没有密码短语，任何人都无法对应患者身份。</translation>
    </message>
    <message>
        <source>{path} is not a whole mapping file of this program.</source>
        <translation>{path} 不是本程序的完整对照表文件。</translation>
    </message>
    <message>
        <source>{path} cannot be read: {cause}.</source>
        <translation>无法读取 {path}：{cause}。</translation>
    </message>
    <message>
        <source>{path} is not a mapping file of this program.</source>
        <translation>{path} 不是本程序的对照表文件。</translation>
    </message>
    <message>
        <source>A search term has no backslash and no control character: {value}.</source>
        <translation>检索词不得包含反斜杠或控制字符：{value}。</translation>
    </message>
    <message>
        <source>A search term has at most 64 characters: {value}...</source>
        <translation>检索词最多 64 个字符：{value}...</translation>
    </message>
    <message>
        <source>The dates run backwards: {date_from} to {date_to}.</source>
        <translation>日期先后颠倒：{date_from} 至 {date_to}。</translation>
    </message>
    <message>
        <source>{node}: {address} ended the connection instead of answering. Is it a DICOM port, and does it expect TLS?</source>
        <translation>{node}：{address} 未应答即断开连接。该端口是 DICOM 端口吗？是否要求 TLS？</translation>
    </message>
    <message>
        <source>{node}: the DICOMweb service at {url} answers.</source>
        <translation>{node}：{url} 处的 DICOMweb 服务有应答。</translation>
    </message>
    <message>
        <source>{node}: {address} answers to {own_ae_title}.</source>
        <translation>{node}：{address} 已应答 {own_ae_title}。</translation>
    </message>
    <message>
        <source>{node}: {address} answers to {own_ae_title}, encrypted.</source>
        <translation>{node}：{address} 已应答 {own_ae_title}，连接已加密。</translation>
    </message>
    <message>
        <source>{node}: the service does not say what the study consists of.</source>
        <translation>{node}：该服务未说明检查包含哪些内容。</translation>
    </message>
    <message>
        <source>{node}: C-ECHO: {reason}.</source>
        <translation>{node}：C-ECHO：{reason}。</translation>
    </message>
    <message>
        <source>{node}: an answer to the query cannot be read. Ask again.</source>
        <translation>{node}：无法读取查询的一条应答。请重新查询。</translation>
    </message>
    <message>
        <source>{node}: the query failed: {reason}.</source>
        <translation>{node}：查询失败：{reason}。</translation>
    </message>
    <message>
        <source>{node}: {terms} cannot be written in {character_set}. Choose another character set for this node.</source>
        <translation>{node}：{terms} 无法用 {character_set} 表示。请为该节点选择其他字符集。</translation>
    </message>
    <message>
        <source>the PACS is out of room</source>
        <translation>PACS 存储空间不足</translation>
    </message>
    <message>
        <source>the PACS says that the content does not fit its kind (SOP class)</source>
        <translation>PACS 报告内容与其类型（SOP 类）不符</translation>
    </message>
    <message>
        <source>the PACS cannot understand the content</source>
        <translation>PACS 无法理解其内容</translation>
    </message>
    <message>
        <source>the PACS refuses a value in it</source>
        <translation>PACS 拒绝其中的某个值</translation>
    </message>
    <message>
        <source>the PACS failed to process it</source>
        <translation>PACS 处理失败</translation>
    </message>
    <message>
        <source>the PACS already holds an instance of this UID</source>
        <translation>PACS 中已有该 UID 的实例</translation>
    </message>
    <message>
        <source>the PACS does not take this instance or kind</source>
        <translation>PACS 不接收该实例或该类型</translation>
    </message>
    <message>
        <source>the PACS does not take this kind of object (SOP class)</source>
        <translation>PACS 不接收此类对象（SOP 类）</translation>
    </message>
    <message>
        <source>the PACS does not allow this program to store</source>
        <translation>PACS 不允许本程序存储</translation>
    </message>
    <message>
        <source>the PACS cannot take it now</source>
        <translation>PACS 现在无法接收</translation>
    </message>
    <message>
        <source>it cannot count the matches</source>
        <translation>无法统计匹配项</translation>
    </message>
    <message>
        <source>it cannot carry out the transfers; by C-MOVE it must reach this computer at the listening port</source>
        <translation>无法完成传输；使用 C-MOVE 时，它必须能连接到本机的监听端口</translation>
    </message>
    <message>
        <source>it does not know this program&apos;s AE title as a destination: enter it there with this computer&apos;s address and the listening port</source>
        <translation>不认识作为目的地的本程序 AE 名称：请在该处登记此名称、本机地址和监听端口</translation>
    </message>
    <message>
        <source>it says that the request does not fit</source>
        <translation>报告请求不相符</translation>
    </message>
    <message>
        <source>it does not offer this service</source>
        <translation>不提供此服务</translation>
    </message>
    <message>
        <source>it does not allow this program to do that</source>
        <translation>不允许本程序执行此操作</translation>
    </message>
    <message>
        <source>the PACS refused it</source>
        <translation>PACS 已拒绝</translation>
    </message>
    <message>
        <source>it cannot process the request</source>
        <translation>无法处理请求</translation>
    </message>
    <message>
        <source>it failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>{reason} (status {status})</source>
        <translation>{reason}（状态 {status}）</translation>
    </message>
    <message>
        <source>it does not speak this protocol (application context)</source>
        <translation>不支持此协议（应用上下文）</translation>
    </message>
    <message>
        <source>it does not speak this protocol version</source>
        <translation>不支持此协议版本</translation>
    </message>
    <message>
        <source>it is overloaded. Try again later</source>
        <translation>负载过高。请稍后重试</translation>
    </message>
    <message>
        <source>it has too many connections. Try again later</source>
        <translation>连接过多。请稍后重试</translation>
    </message>
    <message>
        <source>{node}: the PACS at {host}:{port} is not called {ae_title}. Correct the AE title of the node; its administrator knows it.</source>
        <translation>{node}：{host}:{port} 处的 PACS 名称不是 {ae_title}。请更正节点的 AE 名称；其管理员知道正确的名称。</translation>
    </message>
    <message>
        <source>{node}: the PACS does not know this program as {own_ae_title}. Have its administrator enter that AE title with this computer&apos;s address, or correct the own AE title of the node.</source>
        <translation>{node}：PACS 不认识名为 {own_ae_title} 的本程序。请其管理员登记此 AE 名称和本机地址，或更正该节点的本机 AE 名称。</translation>
    </message>
    <message>
        <source>it gives no reason. Ask its administrator</source>
        <translation>未说明原因。请询问其管理员</translation>
    </message>
    <message>
        <source>{node}: the PACS refused the association: {reason}.</source>
        <translation>{node}：PACS 拒绝了关联：{reason}。</translation>
    </message>
    <message>
        <source>{node}: the PACS does not offer {what} to {own_ae_title}. Have its administrator allow it, or use another node.</source>
        <translation>{node}：PACS 未向 {own_ae_title} 提供 {what}。请其管理员开放，或使用其他节点。</translation>
    </message>
    <message>
        <source>{node}: {address} does not answer (waited {seconds} s). Is it overloaded, or is another program behind that port? Try again, or allow it more time.</source>
        <translation>{node}：{address} 未应答（已等待 {seconds} 秒）。是否负载过高，或该端口属于其他程序？请重试，或延长等待时间。</translation>
    </message>
    <message>
        <source>{node}: the PACS ended the connection (A-ABORT) instead of answering. Either it does not allow {own_ae_title} to do that (its administrator can), or it has a fault: try later.</source>
        <translation>{node}：PACS 未应答即中止连接（A-ABORT）。可能不允许 {own_ae_title} 执行此操作（可由其管理员开放），或其出现故障：请稍后重试。</translation>
    </message>
    <message>
        <source>{node}: the connection broke off. Is the PACS still running? Try again; nothing is lost.</source>
        <translation>{node}：连接中断。PACS 是否仍在运行？请重试；没有任何丢失。</translation>
    </message>
    <message>
        <source>{node}: there is no computer called {host}. Correct the host of the node.</source>
        <translation>{node}：没有名为 {host} 的计算机。请更正节点的主机。</translation>
    </message>
    <message>
        <source>{node}: nothing listens at {host}:{port}. Is the PACS running, and is the port right?</source>
        <translation>{node}：{host}:{port} 无程序监听。PACS 是否在运行，端口是否正确？</translation>
    </message>
    <message>
        <source>{node}: {host}:{port} cannot be reached (waited {connect_timeout} s). Is the computer on, and does a firewall lie between?</source>
        <translation>{node}：无法连接 {host}:{port}（已等待 {connect_timeout} 秒）。该计算机是否开机，中间是否有防火墙？</translation>
    </message>
    <message>
        <source>{node}: {host}:{port} cannot be reached ({cause}). Check network and node.</source>
        <translation>{node}：无法连接 {host}:{port}（{cause}）。请检查网络和节点。</translation>
    </message>
    <message>
        <source>{node}: the certificate of {host} is not trusted ({verify_message}). Name the file of the authority (CA) that signed it; if it names another computer, correct the host.</source>
        <translation>{node}：{host} 的证书不受信任（{verify_message}）。请指定签发该证书的机构（CA）文件；若证书属于另一台计算机，请更正主机。</translation>
    </message>
    <message>
        <source>{node}: the PACS does not take this program&apos;s certificate ({reason}). Name a certificate and key that it knows.</source>
        <translation>{node}：PACS 不接受本程序的证书（{reason}）。请指定其认可的证书和密钥。</translation>
    </message>
    <message>
        <source>{node}: {host}:{port} does not speak TLS ({reason}). Use its TLS port, or turn TLS off.</source>
        <translation>{node}：{host}:{port} 不使用 TLS（{reason}）。请使用其 TLS 端口，或关闭 TLS。</translation>
    </message>
    <message>
        <source>{node}: no encrypted connection ({cause}). Check the TLS settings.</source>
        <translation>{node}：无法建立加密连接（{cause}）。请检查 TLS 设置。</translation>
    </message>
    <message>
        <source>{node}: C-MOVE over TLS needs a certificate and key of this program. Name them, or use C-GET.</source>
        <translation>{node}：通过 TLS 的 C-MOVE 需要本程序的证书和密钥。请指定它们，或使用 C-GET。</translation>
    </message>
    <message>
        <source>{node}: the TLS files cannot be used ({files}: {reason}). They must be PEM files, the key without pass phrase.</source>
        <translation>{node}：无法使用 TLS 文件（{files}：{reason}）。必须是 PEM 文件，且密钥不带密码短语。</translation>
    </message>
    <message>
        <source>{path}: this study is being fetched just now. Wait until it is here, or stop that.</source>
        <translation>{path}：正在取回此检查。请等待完成，或停止取回。</translation>
    </message>
    <message>
        <source>A node&apos;s {field} cannot be {value}.</source>
        <translation>节点的 {field} 不能为 {value}。</translation>
    </message>
    <message>
        <source>A PACS node needs a name.</source>
        <translation>PACS 节点需要名称。</translation>
    </message>
    <message>
        <source>{name}: a time-out lies between 0 and 3600 s, not at {seconds}.</source>
        <translation>{name}：超时应在 0 至 3600 秒之间，而不是 {seconds}。</translation>
    </message>
    <message>
        <source>{name}: a client certificate and its key go together.</source>
        <translation>{name}：客户端证书与其密钥须同时指定。</translation>
    </message>
    <message>
        <source>{name}: name the computer of the PACS (host name or IP address).</source>
        <translation>{name}：请指定 PACS 所在计算机（主机名或 IP 地址）。</translation>
    </message>
    <message>
        <source>{name}: a {what} lies between 1 and 65535, not at {port}.</source>
        <translation>{name}：{what}应在 1 至 65535 之间，而不是 {port}。</translation>
    </message>
    <message>
        <source>{name}: the {what} has 1 to 16 plain characters without backslash, not {title}.</source>
        <translation>{name}：{what}应为 1 至 16 个普通字符且不含反斜杠，而不是 {title}。</translation>
    </message>
    <message>
        <source>{name}: the address of a DICOMweb service begins with http:// or https://, not {url}.</source>
        <translation>{name}：DICOMweb 服务的地址应以 http:// 或 https:// 开头，而不是 {url}。</translation>
    </message>
    <message>
        <source>{name}: write user and password in their own fields.</source>
        <translation>{name}：请将用户和密码填写在各自的栏中。</translation>
    </message>
    <message>
        <source>A node is a JSON object.</source>
        <translation>节点应为 JSON 对象。</translation>
    </message>
    <message>
        <source>Not a PACS node: {reason}.</source>
        <translation>不是 PACS 节点：{reason}。</translation>
    </message>
    <message>
        <source>There is no PACS node {name}.{listed} Add it in the preferences or with &apos;alnreader pacs nodes&apos;, or write AETITLE@host:port or a URL.</source>
        <translation>没有名为 {name} 的 PACS 节点。{listed} 请在首选项中或用“alnreader pacs nodes”添加，或写成 AETITLE@host:port 或 URL。</translation>
    </message>
    <message>
        <source>These settings are wrong and were left out: {0}. {1} stays as it is.</source>
        <translation>这些设置有误，已忽略：{0}。{1} 保持原样。</translation>
    </message>
    <message>
        <source>The settings could not be read: {0} stays as it is, and the defaults are used.</source>
        <translation>无法读取设置：{0} 保持原样，现使用默认值。</translation>
    </message>
    <message>
        <source>The settings could not be read: {0} was kept, and the defaults are used.</source>
        <translation>无法读取设置：已保留 {0}，现使用默认值。</translation>
    </message>
    <message>
        <source>These settings are wrong and were left out: {0}. The file was kept as {1}.</source>
        <translation>以下设置有误，已忽略：{0}。原文件已保存为 {1}。</translation>
    </message>
    <message>
        <source>{path}: the work list is damaged ({reason}).</source>
        <translation>{path}：工作列表已损坏（{reason}）。</translation>
    </message>
    <message>
        <source>{path}: the work list cannot be read ({reason}).</source>
        <translation>{path}：无法读取工作列表（{reason}）。</translation>
    </message>
    <message>
        <source>{path} belongs to another program. Move it away, then start again.</source>
        <translation>{path} 属于其他程序。请将其移走后重新启动。</translation>
    </message>
    <message>
        <source>{path} was written by a newer ALN Reader (schema {version}, this program knows {SCHEMA_VERSION}). Start that program, or name another folder for the data.</source>
        <translation>{path} 由较新版本的 ALN Reader 写入（结构版本 {version}，本程序支持 {SCHEMA_VERSION}）。请启动该版本，或指定其他数据文件夹。</translation>
    </message>
    <message>
        <source>Cannot write {path}: {reason}. What was saved before is untouched.</source>
        <translation>无法写入 {path}：{reason}。此前保存的内容未受影响。</translation>
    </message>
    <message>
        <source>{file} is not a saved case of ALN Reader.</source>
        <translation>{file} 不是 ALN Reader 保存的病例。</translation>
    </message>
    <message>
        <source>{file}: a saved case without a version. It was changed by another program.</source>
        <translation>{file}：保存的病例没有版本号。它被其他程序更改过。</translation>
    </message>
    <message>
        <source>{file} was saved by a newer ALN Reader ({program}; format {version}, this program knows {VERSION}). Open it with that program.</source>
        <translation>{file} 由较新版本的 ALN Reader 保存（{program}；格式 {version}，本程序支持 {VERSION}）。请用该版本打开。</translation>
    </message>
    <message>
        <source>{file}: the saved case is damaged: {reason}.</source>
        <translation>{file}：保存的病例已损坏：{reason}。</translation>
    </message>
    <message>
        <source>{file}: the saved case contradicts itself: {reason}</source>
        <translation>{file}：保存的病例自相矛盾：{reason}</translation>
    </message>
    <message>
        <source>two images have the same identity.</source>
        <translation>两幅图像的标识相同。</translation>
    </message>
    <message>
        <source>the images and their frames do not go together.</source>
        <translation>图像与其帧不对应。</translation>
    </message>
    <message>
        <source>no image {uid}.</source>
        <translation>没有图像 {uid}。</translation>
    </message>
    <message>
        <source>A case begins by being opened.</source>
        <translation>病例须从打开开始。</translation>
    </message>
    <message>
        <source>{path} was changed by another program meanwhile: nothing was written over. Close it there, then open it again here.</source>
        <translation>{path} 同时被其他程序更改：未覆盖任何内容。请在该程序中关闭，然后在此重新打开。</translation>
    </message>
    <message>
        <source>Signature {number} no longer fits what it was made under: case, score or report were changed outside the program.</source>
        <translation>签名 {number} 与签署时的内容不再相符：病例、评分或报告曾在本程序之外被更改。</translation>
    </message>
    <message>
        <source>The signatures are not those that the journal tells of: check it (alnreader journal verify).</source>
        <translation>签名与日志所记载的不一致：请检查日志（alnreader journal verify）。</translation>
    </message>
    <message>
        <source>What was being entered and was not a read yet cannot be read: enter it again.</source>
        <translation>尚未完成的判读草稿无法读取：请重新输入。</translation>
    </message>
    <message>
        <source>{file}: the signed report {name} is missing.</source>
        <translation>{file}：缺少已签名的报告 {name}。</translation>
    </message>
    <message>
        <source>The pictures of {count} of {all} images were not found. The reading is whole; name the folder where they are now (menu: Find the pictures).</source>
        <translation>{all} 幅图像中有 {count} 幅未找到文件。判读完整；请指定图像现在所在的文件夹（菜单：查找图像文件）。</translation>
    </message>
    <message>
        <source>{count} of {all} files are not, byte for byte, those that were read. Their identity and size are the same: compare the outlines with the pictures.</source>
        <translation>{all} 个文件中有 {count} 个与当时读取的文件并非逐字节相同。其标识和尺寸相同：请对照图像核对轮廓。</translation>
    </message>
    <message>
        <source>{case_file} is open in another program ({reason}). It can be looked at, not changed: close it there, then open it again.</source>
        <translation>{case_file} 已在其他程序中打开（{reason}）。只能查看，不能更改：请在该程序中关闭，然后重新打开。</translation>
    </message>
    <message>
        <source>The work list&apos;s copy of this case does not hold: {reason} What is left can be looked at, not changed. `alnreader journal verify` tells more; `alnreader journal mend` puts the work list aside and makes it anew from the case files.</source>
        <translation>工作列表中此病例的副本不可信：{reason} 其余内容只能查看，不能修改。`alnreader journal verify` 给出详情；`alnreader journal mend` 会将工作列表另行保留，并由病例文件重新建立。</translation>
    </message>
    <message>
        <source>The work list&apos;s copy was damaged: it was mended from the case file.</source>
        <translation>工作列表中的副本已损坏：已由病例文件修复。</translation>
    </message>
    <message>
        <source>The case file had more than the work list: it was taken from there.</source>
        <translation>病例文件的内容多于工作列表：已采用病例文件的内容。</translation>
    </message>
    <message>
        <source>{file} holds another continuation; the work list&apos;s is shown.</source>
        <translation>{file} 中是另一份后续记录；现显示工作列表中的记录。</translation>
    </message>
    <message>
        <source>{reason} The work list&apos;s copy is no better: {what}</source>
        <translation>{reason}工作列表中的副本同样无法使用：{what}</translation>
    </message>
    <message>
        <source>{reason} It was kept as {name} and written anew.</source>
        <translation>{reason} 原文件已保留为 {name}，并已重新写入。</translation>
    </message>
    <message>
        <source>{path}: the saved case is no longer there.</source>
        <translation>{path}：保存的病例已不存在。</translation>
    </message>
    <message>
        <source>{path}: the saved case cannot be read: {cause}.</source>
        <translation>{path}：无法读取保存的病例：{cause}。</translation>
    </message>
    <message>
        <source>{path}: {value} MiB and more is too large for a saved case.</source>
        <translation>{path}：{value} MiB 及以上对保存的病例而言过大。</translation>
    </message>
    <message>
        <source>{file} is not a readable case file: it is cut off or damaged ({reason}).</source>
        <translation>{file} 不是可读取的病例文件：不完整或已损坏（{reason}）。</translation>
    </message>
    <message>
        <source>{file}: more than a saved case can hold: it looks like a zip bomb.</source>
        <translation>{file}：超出保存的病例所能容纳的内容：疑似压缩炸弹。</translation>
    </message>
    <message>
        <source>{file}: its files overlap: it looks like a zip bomb.</source>
        <translation>{file}：其中的文件相互重叠：疑似压缩炸弹。</translation>
    </message>
    <message>
        <source>{file}: the file {name} is in it twice.</source>
        <translation>{file}：文件 {name} 在其中出现两次。</translation>
    </message>
    <message>
        <source>{file}: {name} is packed in a way that a saved case never is.</source>
        <translation>{file}：{name} 的压缩方式与保存的病例不符。</translation>
    </message>
    <message>
        <source>{file}: encrypted. Unpack it with its password and open the folder.</source>
        <translation>{file}：已加密。请用密码解压后打开文件夹。</translation>
    </message>
    <message>
        <source>{file}: {name} expands too far: it looks like a zip bomb.</source>
        <translation>{file}：{name} 解压后过大：疑似压缩炸弹。</translation>
    </message>
    <message>
        <source>{file}: {name} has another size than the zip says.</source>
        <translation>{file}：{name} 的大小与 zip 中记录的不同。</translation>
    </message>
    <message>
        <source>{file}: a file of the name {name} does not belong into a saved case.</source>
        <translation>{file}：名为 {name} 的文件不属于保存的病例。</translation>
    </message>
    <message>
        <source>{folder}: more than a saved case can hold.</source>
        <translation>{folder}：超出保存的病例所能容纳的内容。</translation>
    </message>
    <message>
        <source>{file} is not a saved case: it holds no case.json.</source>
        <translation>{file} 不是保存的病例：其中没有 case.json。</translation>
    </message>
    <message>
        <source>{file}: {name} of {value} MiB is too large.</source>
        <translation>{file}：{name} 为 {value} MiB，过大。</translation>
    </message>
    <message>
        <source>{file}: case.json is damaged ({reason}).</source>
        <translation>{file}：case.json 已损坏（{reason}）。</translation>
    </message>
    <message>
        <source>{file}: its masks are larger than those of a case can be.</source>
        <translation>{file}：其掩膜超出病例可能的大小。</translation>
    </message>
    <message>
        <source>{file}: {name} does not fit its image of {size} x {size_2}.</source>
        <translation>{file}：{name} 与其 {size} x {size_2} 的图像不符。</translation>
    </message>
    <message>
        <source>{file}: the mask {name} is missing.</source>
        <translation>{file}：缺少掩膜 {name}。</translation>
    </message>
    <message>
        <source>{file}: the mask {name} was changed after it was saved.</source>
        <translation>{file}：掩膜 {name} 在保存后被更改。</translation>
    </message>
    <message>
        <source>{file}: a mask of {size} x {size_2} pixels is too large.</source>
        <translation>{file}：{size} x {size_2} 像素的掩膜过大。</translation>
    </message>
    <message>
        <source>{file}: the mask {name} is damaged ({reason}).</source>
        <translation>{file}：掩膜 {name} 已损坏（{reason}）。</translation>
    </message>
    <message>
        <source>{name}: {reason}. The reading is kept; name the folder where the pictures are now (menu: Find the pictures).</source>
        <translation>{name}：{reason}。判读已保留；请指定图像现在所在的文件夹（菜单：查找图像文件）。</translation>
    </message>
    <message>
        <source>{database}: the work list cannot be read ({reason}).</source>
        <translation>{database}：无法读取工作列表（{reason}）。</translation>
    </message>
    <message>
        <source>{case_id} is no identifier of a case.</source>
        <translation>{case_id} 不是病例标识。</translation>
    </message>
    <message>
        <source>There is no case {case_id} on the work list.</source>
        <translation>工作列表中没有病例 {case_id}。</translation>
    </message>
    <message>
        <source>An unpacked case can be looked at, not changed.</source>
        <translation>解压后的病例只能查看，不能修改。</translation>
    </message>
    <message>
        <source>{path}: this case is open already.</source>
        <translation>{path}：该病例已打开。</translation>
    </message>
    <message>
        <source>{file} and the case of the same origin on the work list were both continued: this one can be looked at, not changed.</source>
        <translation>{file} 与工作列表中同源的病例均有后续操作：此文件只能查看，不能修改。</translation>
    </message>
    <message>
        <source>{folder} is read-only: copy the case elsewhere.</source>
        <translation>{folder} 为只读：请将病例复制到其他位置。</translation>
    </message>
    <message>
        <source>This case is open already.</source>
        <translation>该病例已打开。</translation>
    </message>
    <message>
        <source>{folder} takes nothing now: the case can be looked at, not changed.</source>
        <translation>{folder} 目前无法写入：病例只能查看，不能修改。</translation>
    </message>
    <message>
        <source>Cannot write {database}: it was opened for looking.</source>
        <translation>无法写入 {database}：它以只读方式打开。</translation>
    </message>
    <message>
        <source>There is nothing to send.</source>
        <translation>没有可发送的内容。</translation>
    </message>
    <message>
        <source>The job was taken out of the queue meanwhile. Send it again.</source>
        <translation>该任务已从队列中移除。请重新发送。</translation>
    </message>
    <message>
        <source>The export queue in {folder} cannot be opened: {reason}.</source>
        <translation>无法打开 {folder} 中的导出队列：{reason}。</translation>
    </message>
    <message>
        <source>The export queue in {folder} cannot be used: {reason}. Make room, or allow writing there.</source>
        <translation>无法使用 {folder} 中的导出队列：{reason}。请腾出空间，或允许在该处写入。</translation>
    </message>
    <message>
        <source>it does not understand the request</source>
        <translation>无法理解请求</translation>
    </message>
    <message>
        <source>it asks for a user and password: enter them in the node</source>
        <translation>要求用户名和密码：请在节点中填写</translation>
    </message>
    <message>
        <source>it does not allow this user to do that</source>
        <translation>不允许该用户执行此操作</translation>
    </message>
    <message>
        <source>there is no DICOMweb service at that address, or not what was asked for: check the URL of the node</source>
        <translation>该地址没有 DICOMweb 服务，或没有所请求的内容：请检查节点的 URL</translation>
    </message>
    <message>
        <source>it does not offer the data in a form that this program takes</source>
        <translation>未以本程序可接收的形式提供数据</translation>
    </message>
    <message>
        <source>it has too many requests</source>
        <translation>请求过多</translation>
    </message>
    <message>
        <source>it is overloaded or being maintained</source>
        <translation>负载过高或正在维护</translation>
    </message>
    <message>
        <source>it is out of room</source>
        <translation>存储空间不足</translation>
    </message>
    <message>
        <source>it does not understand the content</source>
        <translation>无法理解内容</translation>
    </message>
    <message>
        <source>it refused the content</source>
        <translation>拒绝了内容</translation>
    </message>
    <message>
        <source>the content is too large for it</source>
        <translation>内容过大</translation>
    </message>
    <message>
        <source>it does not take this kind of content</source>
        <translation>不接收此类内容</translation>
    </message>
    <message>
        <source>it cannot process the content</source>
        <translation>无法处理内容</translation>
    </message>
    <message>
        <source>it failed on the content</source>
        <translation>处理内容时失败</translation>
    </message>
    <message>
        <source>{node}: the server sends on to another address ({value}). This program does not follow: correct the URL of the node.</source>
        <translation>{node}：服务器转向另一地址（{value}）。本程序不会跟随：请更正节点的 URL。</translation>
    </message>
    <message>
        <source>{node}: {url}: {reason} (HTTP {code}).</source>
        <translation>{node}：{url}：{reason}（HTTP {code}）。</translation>
    </message>
    <message>
        <source>{node}: {url}: the answer cannot be used ({name}).</source>
        <translation>{node}：{url}：无法使用其应答（{name}）。</translation>
    </message>
    <message>
        <source>{node}: {url} is no DICOMweb service: check the URL of the node.</source>
        <translation>{node}：{url} 不是 DICOMweb 服务：请检查节点的 URL。</translation>
    </message>
    <message>
        <source>the service failed on it</source>
        <translation>服务处理失败</translation>
    </message>
    <message>
        <source>Actions of {patient} were missing in the work list: they were taken from the case file.</source>
        <translation>工作列表缺少 {patient} 的操作：已从病例文件中取回。</translation>
    </message>
    <message>
        <source>it cannot be told where the ultrasound ends and writing begins: name the part to keep, or say that the whole picture may stay</source>
        <translation>无法判断超声图像与文字的分界：请指定要保留的部分，或确认可以保留整幅图像</translation>
    </message>
    <message>
        <source>words and pictures of a PDF cannot be cleaned: export the report anew without identity</source>
        <translation>无法清除 PDF 中的文字和图像：请重新导出不含身份信息的报告</translation>
    </message>
    <message>
        <source>A fault of the program ({0}). It is in the log; the reading goes on.</source>
        <translation>程序故障（{0}）。已写入日志，可继续判读。</translation>
    </message>
    <message>
        <source>Looking through files</source>
        <translation>正在查看文件</translation>
    </message>
    <message>
        <source>Simulating a patient</source>
        <translation>正在生成模拟患者</translation>
    </message>
    <message>
        <source>No ultrasound image in what was opened.</source>
        <translation>打开的内容中没有超声图像。</translation>
    </message>
    <message>
        <source>No ultrasound image in what was opened: {reason}</source>
        <translation>打开的内容中没有超声图像：{reason}</translation>
    </message>
    <message>
        <source>These pictures were read before: the reading goes on.</source>
        <translation>这些图像以前判读过，将继续该判读。</translation>
    </message>
    <message>
        <source>{0} patients were found; the work list shows them</source>
        <translation>找到 {0} 位患者，见工作列表</translation>
    </message>
    <message>
        <source>1 file was not read; the list says why</source>
        <translation>1 个文件未读取，原因见列表</translation>
    </message>
    <message>
        <source>{files} files were not read; the list says why</source>
        <translation>{files} 个文件未读取，原因见列表</translation>
    </message>
    <message>
        <source>Left out of the patient&apos;s score: there is no heat map of it.</source>
        <translation>该图像已从患者评分中排除：没有对应的热图。</translation>
    </message>
    <message>
        <source>The heat map is empty: nothing here speaks for metastasis.</source>
        <translation>热图为空：此图像中没有支持转移的部位。</translation>
    </message>
    <message>
        <source>The heat map is not drawn: it lies outside the ultrasound.</source>
        <translation>未绘制热图：它位于超声图像区域之外。</translation>
    </message>
    <message>
        <source>The heat map is not drawn: it stays below 1 % of the brightest image.</source>
        <translation>不绘制热图：其强度低于最亮图像的 1 %。</translation>
    </message>
    <message>
        <source>the brightest image</source>
        <translation>最亮的图像</translation>
    </message>
    <message>
        <source>{share} of the brightest image</source>
        <translation>最亮图像的 {share}</translation>
    </message>
    <message>
        <source>A probability was revealed to the reader: {probability} (threshold {threshold}), of the case as it was then.</source>
        <translation>曾向阅片者揭示概率：{probability}（阈值 {threshold}），对应病例当时的状态。</translation>
    </message>
    <message>
        <source>A probability was revealed to the reader: {probability} (threshold {threshold}) on {time}, of the case as it was then.</source>
        <translation>曾于 {time} 向阅片者揭示概率：{probability}（阈值 {threshold}），对应病例当时的状态。</translation>
    </message>
    <message>
        <source>No probability belongs to what is signed: it was signed without one.</source>
        <translation>已签名的内容不含概率：签名时没有概率。</translation>
    </message>
    <message>
        <source>There is no probability of the case as it is now.</source>
        <translation>病例的当前状态没有概率。</translation>
    </message>
    <message>
        <source>The open amendment is not signed: score, outlines and images in this report are those of the amendment.</source>
        <translation>进行中的修订尚未签名：本报告中的评分、轮廓和图像均属于该修订。</translation>
    </message>
    <message>
        <source>Reason: {reason}</source>
        <translation>原因：{reason}</translation>
    </message>
    <message>
        <source>{folder} lies in {source}, where the originals are: the copies would be taken for originals the next time. Name another folder.</source>
        <translation>{folder} 位于原件所在的 {source} 中：下次会把副本当作原件。请指定其他文件夹。</translation>
    </message>
    <message>
        <source>Cannot write to {folder}: {reason}. Name an empty folder or a new one.</source>
        <translation>无法写入 {folder}：{reason}。请指定空文件夹或新文件夹。</translation>
    </message>
    <message>
        <source>{folder} holds other files: one patient would have two codes in it. Name an empty folder or a new one, or the mapping file that the copies in it were made with.</source>
        <translation>{folder} 中已有其他文件：同一患者会有两个代码。请指定空文件夹或新文件夹，或指定其中副本所用的对照文件。</translation>
    </message>
    <message>
        <source>outlines or a heat map drawn by this program, which may name the patient: export the reading anew without identity</source>
        <translation>本程序绘制的轮廓或热图，其中可能有患者姓名：请重新导出不含身份信息的阅片结果</translation>
    </message>
    <message>
        <source>{folder} holds the folders of the originals: copies in it would be taken for originals the next time. Name another folder.</source>
        <translation>{folder} 含有原始图像所在的文件夹：下次会把其中的副本当作原始图像。请指定另一个文件夹。</translation>
    </message>
    <message>
        <source>{folder} cannot be made: {reason}.</source>
        <translation>无法创建 {folder}：{reason}。</translation>
    </message>
</context>
<context>
    <name>AboutPage</name>
    <message>
        <source>About</source>
        <translation>关于</translation>
    </message>
    <message>
        <source>ALN Reader {0}</source>
        <translation>ALN Reader {0}</translation>
    </message>
    <message>
        <source>A second reader for metastasis of axillary lymph nodes on breast ultrasound. You read first; then the program shows its opinion and what it rests on; you decide. Nothing leaves this computer, and no statistics are kept.</source>
        <translation>乳腺超声腋窝淋巴结转移的第二阅片者。先由您判读，然后程序给出意见及其依据，最后由您决定。任何数据都不会离开本机，也不收集任何统计信息。</translation>
    </message>
    <message>
        <source>Not a medical device. Research and teaching only.</source>
        <translation>非医疗器械，仅供科研和教学使用。</translation>
    </message>
    <message>
        <source>Parts of the program and their licences</source>
        <translation>程序组件及其许可证</translation>
    </message>
    <message>
        <source>Choose a part to read its licence</source>
        <translation>选择一个组件以阅读其许可证</translation>
    </message>
    <message>
        <source>Made with</source>
        <translation>所用组件</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Text of the licence</source>
        <translation>许可证全文</translation>
    </message>
</context>
<context>
    <name>AssessmentForm</name>
    <message>
        <source>Axillary nodes</source>
        <translation>腋窝淋巴结</translation>
    </message>
    <message>
        <source>Axillary nodes: {0}</source>
        <translation>腋窝淋巴结：{0}</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>把握度</translation>
    </message>
    <message>
        <source>Confidence in it, 0 to 100</source>
        <translation>对此判断的把握度，0 到 100</translation>
    </message>
    <message>
        <source>{0} of 100</source>
        <translation>{0}/100</translation>
    </message>
    <message>
        <source>The node&apos;s criteria (optional)</source>
        <translation>淋巴结征象（可选）</translation>
    </message>
    <message>
        <source>mm</source>
        <translation>mm</translation>
    </message>
    <message>
        <source>Cortex in mm</source>
        <translation>皮质厚度（mm）</translation>
    </message>
    <message>
        <source>Largest cortical thickness in mm</source>
        <translation>最大皮质厚度（mm）</translation>
    </message>
    <message>
        <source>No caliper in mm</source>
        <translation>尚无毫米测距</translation>
    </message>
    <message>
        <source>Take the length of the last caliper; measure the cortex first</source>
        <translation>取用最近一次测距的长度；请先测量皮质</translation>
    </message>
    <message>
        <source>Cortex</source>
        <translation>皮质厚度</translation>
    </message>
    <message>
        <source>Not noted</source>
        <translation>未记录</translation>
    </message>
    <message>
        <source>No</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>Focal bulge</source>
        <translation>局限性隆起</translation>
    </message>
    <message>
        <source>Whether the cortex bulges at one place</source>
        <translation>皮质是否有局限性隆起</translation>
    </message>
    <message>
        <source>Fatty hilum</source>
        <translation>脂肪淋巴门</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形态</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>边缘</translation>
    </message>
    <message>
        <source>Flow in Doppler</source>
        <translation>多普勒血流</translation>
    </message>
    <message>
        <source>Bulge</source>
        <translation>隆起</translation>
    </message>
    <message>
        <source>Hilum</source>
        <translation>淋巴门</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>血流</translation>
    </message>
    <message>
        <source>Remarks (optional)</source>
        <translation>备注（可选）</translation>
    </message>
    <message>
        <source>Remarks</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Free text; it is printed in the report</source>
        <translation>自由文本，会印在报告中</translation>
    </message>
    <message>
        <source>Choose negative, indeterminate or suspicious.</source>
        <translation>请选择阴性、不确定或可疑。</translation>
    </message>
    <message>
        <source>Set your confidence, from 0 to 100.</source>
        <translation>请设定把握度，0 到 100。</translation>
    </message>
    <message>
        <source>Take {0} mm</source>
        <translation>取用 {0} mm</translation>
    </message>
    <message>
        <source>The cortex is a number of millimetres, 2.5 for example.</source>
        <translation>皮质厚度应为毫米数，例如 2.5。</translation>
    </message>
    <message>
        <source>{0} ({1})</source>
        <translation>{0}（{1}）</translation>
    </message>
    <message>
        <source>; </source>
        <translation>；</translation>
    </message>
    <message>
        <source>Criteria of suspicion met:</source>
        <translation>符合的可疑征象：</translation>
    </message>
    <message>
        <source>Criteria met: {0}</source>
        <translation>符合 {0} 项标准</translation>
    </message>
    <message>
        <source>Grade {0}</source>
        <translation>{0} 级</translation>
    </message>
    <message>
        <source>Show which criteria are met</source>
        <translation>显示符合哪些标准</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Hide this message</source>
        <translation>隐藏此消息</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>long/short {0}</source>
        <translation>长径/短径 {0}</translation>
    </message>
    <message>
        <source>Caliper</source>
        <translation>测距</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>椭圆</translation>
    </message>
    <message>
        <source>where the network looked, not proof</source>
        <translation>网络关注的部位，不是证据</translation>
    </message>
    <message>
        <source>Tumour {0}</source>
        <translation>肿瘤 {0}</translation>
    </message>
    <message>
        <source>Lymph node {0}</source>
        <translation>淋巴结 {0}</translation>
    </message>
    <message>
        <source>{0} · to confirm</source>
        <translation>{0} · 待确认</translation>
    </message>
    <message>
        <source>Ellipse: drag one axis, then the handles. Delete removes it.</source>
        <translation>椭圆：拖出一条轴，再拖动控制点。按 Delete 删除。</translation>
    </message>
    <message>
        <source>Ellipse: drag one axis, then the handles. Enter or a double click makes it a region, Delete removes it.</source>
        <translation>椭圆：拖出一条轴，再拖动控制点。按 Enter 或双击转为区域，按 Delete 删除。</translation>
    </message>
    <message>
        <source>Caliper: drag from edge to edge; its ends can be moved. Delete removes the last.</source>
        <translation>测距：从一侧边缘拖到另一侧，两端可移动。按 Delete 删除最近一次。</translation>
    </message>
    <message>
        <source>The outline holds no pixel.</source>
        <translation>该轮廓内没有像素。</translation>
    </message>
    <message>
        <source>Choose the region first that it is cut out of.</source>
        <translation>请先选中要从中剪去的区域。</translation>
    </message>
    <message>
        <source>The shape is part of {0} now. Ctrl+Z takes it back.</source>
        <translation>该图形现已并入{0}。Ctrl+Z 可撤销。</translation>
    </message>
    <message>
        <source>The shape stays out of the region of the other kind: erase there first.</source>
        <translation>图形不会进入另一类区域：请先在那里擦除。</translation>
    </message>
    <message>
        <source>Polygon, {0}: click corner by corner. Backspace takes one back, Esc drops it.</source>
        <translation>多边形（{0}）：逐个点击顶点。Backspace 撤回一个，Esc 放弃。</translation>
    </message>
    <message>
        <source>Lasso, {0}: drag around it. Shift adds to the chosen region, Alt cuts out of it.</source>
        <translation>套索（{0}）：沿边缘拖动。按住 Shift 加入所选区域，按住 Alt 从中剪除。</translation>
    </message>
    <message>
        <source>Polygon: click the first corner, double-click or press Enter to close it.</source>
        <translation>多边形：单击第一个顶点、双击或按 Enter 闭合。</translation>
    </message>
    <message>
        <source>Box: drag around a spot, and the network looks again there.</source>
        <translation>框选：框住一处，网络会在该处再看一次。</translation>
    </message>
    <message>
        <source>The box is too small: drag a larger one.</source>
        <translation>框太小，请拖出更大的框。</translation>
    </message>
    <message>
        <source>Eraser {0}: drag over the region. Alt paints, Ctrl+wheel changes the size.</source>
        <translation>橡皮 {0}：在区域上拖动擦除。按住 Alt 改为涂画，Ctrl+滚轮改变大小。</translation>
    </message>
    <message>
        <source>The stroke stays out of the region of the other kind: erase there first.</source>
        <translation>笔画不会进入另一类区域：请先在那里擦除。</translation>
    </message>
    <message>
        <source>The regions are one now. Ctrl+Z takes it back.</source>
        <translation>这些区域已合并为一个。Ctrl+Z 可撤销。</translation>
    </message>
    <message>
        <source>Brush {0}, {1}: drag to paint a region, or out of one to add to it. Alt erases, Ctrl+wheel changes the size.</source>
        <translation>画笔 {0}（{1}）：拖动以绘制区域，从已有区域内拖出则向其添加。Alt 擦除，Ctrl+滚轮改变大小。</translation>
    </message>
    <message>
        <source>There is no region under the eraser.</source>
        <translation>橡皮下没有区域。</translation>
    </message>
    <message>
        <source>The region was changed meanwhile: the stroke was dropped.</source>
        <translation>该区域在此期间已被修改，这一笔未生效。</translation>
    </message>
    <message>
        <source>Select: click a region to choose it.</source>
        <translation>选择：单击一个区域将其选中。</translation>
    </message>
    <message>
        <source>Select: drag a handle to pull the outline. Esc lets go, Delete rejects the region.</source>
        <translation>选择：拖动控制点调整轮廓。按 Esc 取消选中，按 Delete 舍弃该区域。</translation>
    </message>
    <message>
        <source>Nothing of the region would be left.</source>
        <translation>这样该区域将不剩任何内容。</translation>
    </message>
    <message>
        <source>Window: drag right for less contrast, up for brighter.</source>
        <translation>窗宽窗位：向右拖动降低对比度，向上拖动增加亮度。</translation>
    </message>
    <message>
        <source>Move: drag the picture, wheel zooms, right drag changes brightness and contrast.</source>
        <translation>移动：拖动图像，滚轮缩放，按右键拖动调节亮度和对比度。</translation>
    </message>
</context>
<context>
    <name>CanvasView</name>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>The ultrasound picture with its regions. The wheel zooms, the middle button moves it.</source>
        <translation>超声图像及其区域。滚轮缩放，按中键移动。</translation>
    </message>
    <message>
        <source>The wheel zooms, the middle button moves the picture, the right one changes its greys</source>
        <translation>滚轮缩放，中键移动图像，右键调整灰阶</translation>
    </message>
</context>
<context>
    <name>CaseCommands</name>
    <message>
        <source>Cases</source>
        <translation>病例</translation>
    </message>
    <message>
        <source>Save the case as a file</source>
        <translation>将病例另存为文件</translation>
    </message>
    <message>
        <source>Find the pictures</source>
        <translation>查找图像文件</translation>
    </message>
    <message>
        <source>Export the journal</source>
        <translation>导出操作日志</translation>
    </message>
    <message>
        <source>Export all reads as a table</source>
        <translation>将全部判读导出为表格</translation>
    </message>
</context>
<context>
    <name>Choice</name>
    <message>
        <source>Not noted</source>
        <translation>未记录</translation>
    </message>
</context>
<context>
    <name>CineBar</name>
    <message>
        <source>One frame back</source>
        <translation>后退一帧</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>播放或暂停</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>前进一帧</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>帧</translation>
    </message>
    <message>
        <source>Frame of the cine</source>
        <translation>动态图像的帧</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Speed of the cine (&lt; and &gt;)</source>
        <translation>动态图像的播放速度（&lt; 和 &gt;）</translation>
    </message>
    <message>
        <source>Read this frame</source>
        <translation>判读此帧</translation>
    </message>
    <message>
        <source>Make this frame the one that is outlined and scored</source>
        <translation>以此帧作为勾画和评分的帧</translation>
    </message>
    <message>
        <source>This frame is read</source>
        <translation>正在判读此帧</translation>
    </message>
</context>
<context>
    <name>CinePlayer</name>
    <message>
        <source>{0} (assumed: the file states no frame time)</source>
        <translation>{0}（假定值：文件未给出帧时间）</translation>
    </message>
</context>
<context>
    <name>ContributionBars</name>
    <message>
        <source>Contribution of each image</source>
        <translation>每幅图像的贡献</translation>
    </message>
    <message>
        <source>Click a bar, or press up and down, to see its image</source>
        <translation>单击条形或按上下键查看对应图像</translation>
    </message>
    <message>
        <source>against</source>
        <translation>不支持转移</translation>
    </message>
    <message>
        <source>for</source>
        <translation>支持转移</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>未纳入</translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>A fault of the program: {0}</source>
        <translation>程序故障：{0}</translation>
    </message>
</context>
<context>
    <name>CrashNotice</name>
    <message>
        <source>The program met a fault. A description without any patient data was saved on this computer.</source>
        <translation>程序发生故障。不含任何患者数据的故障说明已保存在本机。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>查看</translation>
    </message>
</context>
<context>
    <name>CrashPage</name>
    <message>
        <source>What went wrong</source>
        <translation>故障说明</translation>
    </message>
    <message>
        <source>This text holds no patient data: places in the program, versions, and kinds of errors. It was saved on this computer only and is sent nowhere. Copy it into a message to whoever looks after the program.</source>
        <translation>以下文字不含患者数据，只有程序位置、版本和错误类型。它仅保存在本机，不会发送到任何地方。可将其复制到给程序维护人员的消息中。</translation>
    </message>
    <message>
        <source>Description of the fault</source>
        <translation>故障说明</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Put away</source>
        <translation>收起</translation>
    </message>
</context>
<context>
    <name>DeidentifyPage</name>
    <message>
        <source>Copies without identity</source>
        <translation>去标识化副本</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Attribute</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>As read</source>
        <translation>读入值</translation>
    </message>
    <message>
        <source>What happens</source>
        <translation>处理方式</translation>
    </message>
    <message>
        <source>Attributes</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>原样</translation>
    </message>
    <message>
        <source>As it is written</source>
        <translation>写出后</translation>
    </message>
    <message>
        <source>Frame of the cine</source>
        <translation>动态图像的帧</translation>
    </message>
    <message>
        <source>Keep sex, age, size and weight</source>
        <translation>保留性别、年龄、身高和体重</translation>
    </message>
    <message>
        <source>Keep pictures whole where it cannot be told what is ultrasound: I have looked at them</source>
        <translation>无法判断哪部分是超声图像时保留整幅图像：我已逐一查看</translation>
    </message>
    <message>
        <source>Write who became whom, encrypted with the pass phrase</source>
        <translation>写出身份对照表，并用口令加密</translation>
    </message>
    <message>
        <source>Pass phrase</source>
        <translation>口令</translation>
    </message>
    <message>
        <source>Once more</source>
        <translation>再次输入</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Write to a folder</source>
        <translation>写入文件夹</translation>
    </message>
    <message>
        <source>What was found; choose a file to see what would be written of it</source>
        <translation>找到的文件；选中一个可查看将写出的内容</translation>
    </message>
    <message>
        <source>What stays of the chosen file, and what does not</source>
        <translation>所选文件中保留和不保留的内容</translation>
    </message>
    <message>
        <source>What stays is the same in all frames: look whether a name is in one of them</source>
        <translation>所有帧保留的部分相同：请查看是否有某一帧含有姓名</translation>
    </message>
    <message>
        <source>As PS3.15 allows: Retain Patient Characteristics Option</source>
        <translation>依据 PS3.15：保留患者特征选项（Retain Patient Characteristics Option）</translation>
    </message>
    <message>
        <source>Names written into such a picture stay in it</source>
        <translation>写在此类图像里的姓名会保留在图像中</translation>
    </message>
    <message>
        <source>Whoever has the file and the pass phrase knows the patients</source>
        <translation>持有该文件和口令的人可以得知患者身份</translation>
    </message>
    <message>
        <source>Without it nobody can open the mapping again</source>
        <translation>没有口令，任何人都无法再打开对照表</translation>
    </message>
    <message>
        <source>The same pass phrase</source>
        <translation>相同的口令</translation>
    </message>
    <message>
        <source>Draw a box with the mouse: what lies in it stays, the rest becomes black.</source>
        <translation>用鼠标画框：框内保留，其余涂黑。</translation>
    </message>
    <message>
        <source>Write the export</source>
        <translation>写入导出内容</translation>
    </message>
    <message>
        <source>{0} files written to {1}.</source>
        <translation>已将 {0} 个文件写入 {1}。</translation>
    </message>
    <message>
        <source>{0} were not written: see the list.</source>
        <translation>{0} 个文件未写出，详见列表。</translation>
    </message>
    <message>
        <source>Writing copies without identity</source>
        <translation>正在写出去标识化副本</translation>
    </message>
    <message>
        <source>Looking through the files</source>
        <translation>正在查看文件</translation>
    </message>
    <message>
        <source>not written: say what may stay</source>
        <translation>未写出：请指定可保留的部分</translation>
    </message>
    <message>
        <source>not written</source>
        <translation>未写出</translation>
    </message>
    <message>
        <source>{0} files would be written, {1} would not.</source>
        <translation>将写出 {0} 个文件，{1} 个不写出。</translation>
    </message>
    <message>
        <source>The reading</source>
        <translation>判读内容</translation>
    </message>
    <message>
        <source>what was said and signed</source>
        <translation>所述内容与签名</translation>
    </message>
    <message>
        <source>Look at each picture, then write the export.</source>
        <translation>请逐一查看图像，然后写入导出内容。</translation>
    </message>
    <message>
        <source>Say of each picture what may stay: an export is written whole or not at all.</source>
        <translation>请为每幅图像指明可保留的部分：导出要么完整写入，要么不写入。</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0}/{1}</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>emptied</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>replaced</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>new UID</source>
        <translation>新 UID</translation>
    </message>
    <message>
        <source>ultrasound</source>
        <translation>超声图像</translation>
    </message>
    <message>
        <source>secondary capture</source>
        <translation>二次采集图像</translation>
    </message>
    <message>
        <source>structured report</source>
        <translation>结构化报告</translation>
    </message>
    <message>
        <source>segmentation</source>
        <translation>分割</translation>
    </message>
    <message>
        <source>document</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>ultrasound regions of the file</source>
        <translation>文件中的超声区域</translation>
    </message>
    <message>
        <source>ultrasound regions of the image it was made from</source>
        <translation>来源图像的超声区域</translation>
    </message>
    <message>
        <source>found in the picture</source>
        <translation>从图像中识别</translation>
    </message>
    <message>
        <source>given by the user</source>
        <translation>由用户指定</translation>
    </message>
    <message>
        <source>whole picture, as the user decided</source>
        <translation>整幅图像，由用户决定</translation>
    </message>
    <message>
        <source>The pass phrase needs {0} characters, twice the same.</source>
        <translation>口令至少 {0} 个字符，两次须一致。</translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>Images of the patient</source>
        <translation>患者图像</translation>
    </message>
    <message>
        <source>Click an image to open it, with Ctrl or Shift to choose several</source>
        <translation>单击打开图像，按住 Ctrl 或 Shift 可选择多幅</translation>
    </message>
    <message>
        <source>cine, frame {0} of {1} is read</source>
        <translation>动态图像，判读第 {0} 帧，共 {1} 帧</translation>
    </message>
    <message>
        <source>left out of the score</source>
        <translation>未纳入评分</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>nothing found</source>
        <translation>未发现区域</translation>
    </message>
    <message>
        <source>not outlined</source>
        <translation>未勾画</translation>
    </message>
    <message>
        <source>{0} to confirm</source>
        <translation>{0} 个待确认</translation>
    </message>
    <message>
        <source>{0} confirmed</source>
        <translation>{0} 个已确认</translation>
    </message>
</context>
<context>
    <name>FirstReadPanel</name>
    <message>
        <source>Reader&apos;s name</source>
        <translation>阅片者姓名</translation>
    </message>
    <message>
        <source>Who reads; the first name entered is kept in the preferences</source>
        <translation>阅片者；首次输入的姓名会保存在偏好设置中</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>解锁</translation>
    </message>
    <message>
        <source>Change the first read or the regions; possible until the score was seen</source>
        <translation>修改首次判读或区域；在看到评分之前可以解锁</translation>
    </message>
    <message>
        <source>Reader</source>
        <translation>阅片者</translation>
    </message>
    <message>
        <source>Concurrent reading: there is no first read</source>
        <translation>同步判读：没有首次判读</translation>
    </message>
    <message>
        <source>Not entered yet</source>
        <translation>尚未填写</translation>
    </message>
    <message>
        <source>{0}, confidence {1} of 100</source>
        <translation>{0}，把握度 {1}/100</translation>
    </message>
    <message>
        <source>, not locked</source>
        <translation>，未锁定</translation>
    </message>
    <message>
        <source>Concurrent reading: the score is shown from the start, there is no first read.</source>
        <translation>同步判读：从一开始就显示评分，没有首次判读。</translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation>请打开一位患者。</translation>
    </message>
    <message>
        <source>Locked: {0}, {1}</source>
        <translation>已锁定：{0}，{1}</translation>
    </message>
    <message>
        <source>Enter your name.</source>
        <translation>请输入您的姓名。</translation>
    </message>
    <message>
        <source>Lock the first read</source>
        <translation>锁定首次判读</translation>
    </message>
    <message>
        <source>It stands from then on, and the score can be revealed</source>
        <translation>锁定后即固定，可以揭示评分</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Work list</source>
        <translation>工作列表</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Second reader for the axilla on breast ultrasound</source>
        <translation>乳腺超声腋窝第二阅片者</translation>
    </message>
    <message>
        <source>Blinded</source>
        <translation>盲法</translation>
    </message>
    <message>
        <source>Concurrent</source>
        <translation>同步</translation>
    </message>
    <message>
        <source>The score is shown from the start; this is recorded</source>
        <translation>从一开始就显示评分，并会记录在案</translation>
    </message>
    <message>
        <source>Blinded reading: your first read was locked before the score could be seen</source>
        <translation>盲法判读：您的首次判读在看到评分之前已锁定</translation>
    </message>
    <message>
        <source>Revealed</source>
        <translation>已揭示</translation>
    </message>
    <message>
        <source>Your first read is locked; the score is hidden until you reveal it</source>
        <translation>您的首次判读已锁定；在您揭示之前评分保持隐藏</translation>
    </message>
    <message>
        <source>The score stays hidden until you lock your first read and reveal it</source>
        <translation>在您锁定首次判读并揭示之前，评分保持隐藏</translation>
    </message>
    <message>
        <source>female</source>
        <translation>女</translation>
    </message>
    <message>
        <source>male</source>
        <translation>男</translation>
    </message>
    <message>
        <source>other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>{0} years</source>
        <translation>{0} 岁</translation>
    </message>
    <message>
        <source>left</source>
        <translation>左侧</translation>
    </message>
    <message>
        <source>right</source>
        <translation>右侧</translation>
    </message>
    <message>
        <source>both sides</source>
        <translation>双侧</translation>
    </message>
    <message>
        <source>no device in use</source>
        <translation>未使用设备</translation>
    </message>
    <message>
        <source>no model loaded yet</source>
        <translation>尚未载入模型</translation>
    </message>
    <message>
        <source>The network runs on: {0}. Click to choose.</source>
        <translation>网络运行于：{0}。单击可选择。</translation>
    </message>
    <message>
        <source>Device: {0}</source>
        <translation>设备：{0}</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>无模型</translation>
    </message>
    <message>
        <source>No network</source>
        <translation>网络不可用</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>正在载入模型</translation>
    </message>
    <message>
        <source>You can look and measure meanwhile</source>
        <translation>在此期间可以查看和测量</translation>
    </message>
    <message>
        <source>Click for the model card.</source>
        <translation>单击查看模型卡片。</translation>
    </message>
    <message>
        <source>Model: {0}</source>
        <translation>模型：{0}</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Drop a folder anywhere on the window. F1 lists the keys.</source>
        <translation>可将文件夹拖放到窗口任意位置。按 F1 查看快捷键。</translation>
    </message>
</context>
<context>
    <name>ModelCardPanel</name>
    <message>
        <source>The model is not loaded yet.</source>
        <translation>模型尚未载入。</translation>
    </message>
    <message>
        <source>{0} ({1})</source>
        <translation>{0}（{1}）</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Intended use</source>
        <translation>预期用途</translation>
    </message>
    <message>
        <source>Training data</source>
        <translation>训练数据</translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation>工作点</translation>
    </message>
    <message>
        <source>{0}; {1}</source>
        <translation>{0}；{1}</translation>
    </message>
    <message>
        <source>{0}; what it finds is not published</source>
        <translation>{0}；其检出性能未公布</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>局限性</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Citation</source>
        <translation>引用</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
</context>
<context>
    <name>ModelPage</name>
    <message>
        <source>Model card</source>
        <translation>模型卡片</translation>
    </message>
</context>
<context>
    <name>NodesEditor</name>
    <message>
        <source>PACS node</source>
        <translation>PACS 节点</translation>
    </message>
    <message>
        <source>Node whose fields stand below</source>
        <translation>下方显示其各项设置的节点</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Test connection</source>
        <translation>测试连接</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>PACS</source>
        <translation>PACS</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>What you call it</source>
        <translation>您对它的称呼</translation>
    </message>
    <message>
        <source>Speaks</source>
        <translation>协议</translation>
    </message>
    <message>
        <source>Computer</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Host name or IP address</source>
        <translation>主机名或 IP 地址</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>AE title of the PACS</source>
        <translation>PACS 的 AE Title</translation>
    </message>
    <message>
        <source>Own AE title</source>
        <translation>本机 AE Title</translation>
    </message>
    <message>
        <source>As the PACS knows this program</source>
        <translation>PACS 所登记的本程序名称</translation>
    </message>
    <message>
        <source>Fetch by</source>
        <translation>获取方式</translation>
    </message>
    <message>
        <source>C-GET: needs no open port here</source>
        <translation>C-GET：本机无需开放端口</translation>
    </message>
    <message>
        <source>C-MOVE: the PACS sends to a port here</source>
        <translation>C-MOVE：由 PACS 发送到本机端口</translation>
    </message>
    <message>
        <source>Listening port</source>
        <translation>监听端口</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户名</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Encryption</source>
        <translation>加密</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>Trusted authority (PEM)</source>
        <translation>受信任的证书颁发机构（PEM）</translation>
    </message>
    <message>
        <source>The authorities of this system</source>
        <translation>本系统的证书颁发机构</translation>
    </message>
    <message>
        <source>Own certificate (PEM)</source>
        <translation>本机证书（PEM）</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Own key (PEM)</source>
        <translation>本机私钥（PEM）</translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>Must name this computer</source>
        <translation>必须写有该主机名</translation>
    </message>
    <message>
        <source>Wait for a connection (s)</source>
        <translation>连接超时（s）</translation>
    </message>
    <message>
        <source>Wait for an answer (s)</source>
        <translation>应答超时（s）</translation>
    </message>
    <message>
        <source>Search terms in</source>
        <translation>查询条件编码</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Testing {0}</source>
        <translation>正在测试 {0}</translation>
    </message>
</context>
<context>
    <name>OpenSlider</name>
    <message>
        <source>click to set</source>
        <translation>点击设定</translation>
    </message>
    <message>
        <source>not set</source>
        <translation>未设定</translation>
    </message>
</context>
<context>
    <name>PacsDesk</name>
    <message>
        <source>Testing the connection</source>
        <translation>正在测试连接</translation>
    </message>
    <message>
        <source>Asking the PACS</source>
        <translation>正在查询 PACS</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) could not be fetched</source>
        <translation>
            <numerusform>%n 幅图像未能获取</numerusform>
        </translation>
    </message>
    <message>
        <source>Fetching the study</source>
        <translation>正在获取检查</translation>
    </message>
    <message>
        <source>The study is being fetched: stop that first.</source>
        <translation>正在获取该检查：请先停止。</translation>
    </message>
    <message>
        <source>{0} is open: close the patient first.</source>
        <translation>{0} 已打开：请先关闭该患者。</translation>
    </message>
    <message numerus="yes">
        <source>%n image(s) deleted from this computer</source>
        <translation>
            <numerusform>已从本机删除 %n 幅图像</numerusform>
        </translation>
    </message>
    <message>
        <source>Deleting</source>
        <translation>正在删除</translation>
    </message>
    <message>
        <source>Preparing the reading for the PACS</source>
        <translation>正在准备发送到 PACS 的判读</translation>
    </message>
    <message>
        <source>An amendment was opened meanwhile: nothing was sent.</source>
        <translation>在此期间已开始修订，未发送任何内容。</translation>
    </message>
    <message>
        <source>Sending to the PACS</source>
        <translation>正在发送到 PACS</translation>
    </message>
    <message>
        <source>{0}: sent to {1}</source>
        <translation>{0}：已发送到 {1}</translation>
    </message>
</context>
<context>
    <name>PacsPage</name>
    <message>
        <source>PACS</source>
        <translation>PACS</translation>
    </message>
    <message>
        <source>PACS node</source>
        <translation>PACS 节点</translation>
    </message>
    <message>
        <source>PACS node that is asked and sent to</source>
        <translation>用于查询和发送的 PACS 节点</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Patient&apos;s name</source>
        <translation>患者姓名</translation>
    </message>
    <message>
        <source>Name; * and ? stand for any</source>
        <translation>姓名；* 和 ? 为通配符</translation>
    </message>
    <message>
        <source>Patient ID</source>
        <translation>患者 ID</translation>
    </message>
    <message>
        <source>Accession number</source>
        <translation>检查号</translation>
    </message>
    <message>
        <source>Accession no.</source>
        <translation>检查号</translation>
    </message>
    <message>
        <source>Study from</source>
        <translation>检查日期自</translation>
    </message>
    <message>
        <source>From 2024-01-31</source>
        <translation>自 2024-01-31</translation>
    </message>
    <message>
        <source>Study until</source>
        <translation>检查日期至</translation>
    </message>
    <message>
        <source>Until 2024-12-31</source>
        <translation>至 2024-12-31</translation>
    </message>
    <message>
        <source>Modality</source>
        <translation>设备类型</translation>
    </message>
    <message>
        <source>Any</source>
        <translation>任意</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>查询</translation>
    </message>
    <message>
        <source>Studies</source>
        <translation>检查列表</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Born</source>
        <translation>出生日期</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>描述</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>Fetch and open</source>
        <translation>获取并打开</translation>
    </message>
    <message>
        <source>Delete from this computer</source>
        <translation>从本机删除</translation>
    </message>
    <message>
        <source>What was fetched of the study; it stays in the PACS</source>
        <translation>删除已获取的该检查内容；PACS 中的仍保留</translation>
    </message>
    <message>
        <source>Report (SR)</source>
        <translation>报告（SR）</translation>
    </message>
    <message>
        <source>Outlines (SEG)</source>
        <translation>轮廓（SEG）</translation>
    </message>
    <message>
        <source>Pictures (SC)</source>
        <translation>图像（SC）</translation>
    </message>
    <message>
        <source>Send the signed reading</source>
        <translation>发送已签名的判读</translation>
    </message>
    <message>
        <source>As DICOM objects of the same study; the patient&apos;s identity goes with them</source>
        <translation>作为同一检查的 DICOM 对象发送，包含患者身份信息</translation>
    </message>
    <message>
        <source>Export queue</source>
        <translation>发送队列</translation>
    </message>
    <message>
        <source>Measurements, reads and score as a structured report</source>
        <translation>以结构化报告发送测量、判读和评分</translation>
    </message>
    <message>
        <source>The outlines as segmentations, one for each image</source>
        <translation>以分割对象发送轮廓，每幅图像一个</translation>
    </message>
    <message>
        <source>Each image with its outlines as a secondary capture</source>
        <translation>以二次采集图像发送带轮廓的每幅图像</translation>
    </message>
    <message>
        <source>The printed report within a DICOM object</source>
        <translation>以 DICOM 对象封装的打印报告</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>To</source>
        <translation>目的地</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>起始时间</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>已发送</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>最近结果</translation>
    </message>
    <message>
        <source>Send what waits</source>
        <translation>发送等待项</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Take it out of the queue; what was sent stays in the PACS</source>
        <translation>从队列中移除；已发送的内容仍保留在 PACS 中</translation>
    </message>
    <message>
        <source>There is no PACS node yet. Add one under Nodes.</source>
        <translation>尚无 PACS 节点。请在“节点”中添加。</translation>
    </message>
    <message>
        <source>Asking {0}</source>
        <translation>正在查询 {0}</translation>
    </message>
    <message numerus="yes">
        <source>%n study(s) found</source>
        <translation>
            <numerusform>找到 %n 项检查</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing matches.</source>
        <translation>没有符合条件的检查。</translation>
    </message>
    <message>
        <source>More than {0} studies match: narrow the search.</source>
        <translation>符合条件的检查超过 {0} 项，请缩小查询范围。</translation>
    </message>
    <message>
        <source>Not fetched completely</source>
        <translation>未完整获取</translation>
    </message>
    <message numerus="yes">
        <source>%n study(s) were not fetched completely</source>
        <translation>
            <numerusform>%n 项检查未完整获取</numerusform>
        </translation>
    </message>
    <message>
        <source>Fetched {0}</source>
        <translation>获取于 {0}</translation>
    </message>
    <message numerus="yes">
        <source>Delete %n image(s) of {0} from this computer? Readings of them stay on the work list, without their pictures.</source>
        <translation>
            <numerusform>从本机删除 {0} 的 %n 幅图像？相关判读仍保留在工作列表中，但不再有图像。</numerusform>
        </translation>
    </message>
    <message>
        <source>in part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>There is no PACS node {0} any more. Add it again under Nodes.</source>
        <translation>PACS 节点 {0} 已不存在。请在“节点”中重新添加。</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0}/{1}</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>sent</source>
        <translation>已发送</translation>
    </message>
    <message>
        <source>needs a look</source>
        <translation>需要处理</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
</context>
<context>
    <name>PreferencesPage</name>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Reader and reading</source>
        <translation>阅片者与判读</translation>
    </message>
    <message>
        <source>Your name, as it stands under a reading</source>
        <translation>您的姓名，用于判读署名</translation>
    </message>
    <message>
        <source>Stands under a reading; another name can be entered there</source>
        <translation>用于判读署名；署名时也可输入其他姓名</translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation>阅片者姓名</translation>
    </message>
    <message>
        <source>Hospital or practice</source>
        <translation>医院或诊所</translation>
    </message>
    <message>
        <source>Stands at the head of a report</source>
        <translation>印在报告页首</translation>
    </message>
    <message>
        <source>Site</source>
        <translation>机构</translation>
    </message>
    <message>
        <source>Blinded: read first, then see the score</source>
        <translation>盲法：先判读，再看评分</translation>
    </message>
    <message>
        <source>Concurrent: the score from the start</source>
        <translation>同步：从一开始就显示评分</translation>
    </message>
    <message>
        <source>Holds for patients opened from now on. The mode is recorded and printed.</source>
        <translation>对此后打开的患者有效。判读模式会记录并印在报告中。</translation>
    </message>
    <message>
        <source>Reading mode</source>
        <translation>判读模式</translation>
    </message>
    <message>
        <source>Leave the patient&apos;s identity out of exports</source>
        <translation>导出时去除患者身份信息</translation>
    </message>
    <message>
        <source>Pictures become black outside the ultrasound; writing inside it stays</source>
        <translation>超声区域以外涂黑；超声区域内的文字会保留</translation>
    </message>
    <message>
        <source>De-identified export</source>
        <translation>去标识化导出</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Pictures are read on black in both.</source>
        <translation>两种主题下图像均以黑色为背景。</translation>
    </message>
    <message>
        <source>Language of the window</source>
        <translation>窗口语言</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Model and device</source>
        <translation>模型与设备</translation>
    </message>
    <message>
        <source>The fastest that works</source>
        <translation>可用的最快设备</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>处理器（CPU）</translation>
    </message>
    <message>
        <source>The device in use stands in the window&apos;s head. Where one fails, the processor takes over.</source>
        <translation>窗口顶部显示正在使用的设备。设备出错时由处理器接替。</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Folder with card.json and the weights; empty for the one that ships</source>
        <translation>含 card.json 和权重文件的文件夹；留空则使用随程序提供的模型</translation>
    </message>
    <message>
        <source>The model that ships with the program</source>
        <translation>随程序提供的模型</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Choose a model&apos;s folder</source>
        <translation>选择模型文件夹</translation>
    </message>
    <message>
        <source>Model folder</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>As the model&apos;s card says</source>
        <translation>按模型卡片</translation>
    </message>
    <message>
        <source>The threshold that the model&apos;s card was published with</source>
        <translation>模型卡片公布的阈值</translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation>工作点</translation>
    </message>
    <message>
        <source>A site&apos;s own threshold has no published sensitivity and specificity.</source>
        <translation>自定阈值没有已公布的灵敏度和特异度。</translation>
    </message>
    <message>
        <source>Own threshold</source>
        <translation>自定阈值</translation>
    </message>
    <message>
        <source>Node criteria</source>
        <translation>淋巴结征象标准</translation>
    </message>
    <message>
        <source>The program measures; the judgement is the reader&apos;s. Sources stand beside the numbers.</source>
        <translation>程序只负责测量，判断由阅片者作出。数值旁注明出处。</translation>
    </message>
    <message>
        <source>Suspicious cortex above</source>
        <translation>可疑皮质厚度大于</translation>
    </message>
    <message>
        <source>Round: long by short axis below</source>
        <translation>圆形：长径/短径小于</translation>
    </message>
    <message>
        <source>Nodal burden, grade 2 from</source>
        <translation>淋巴结负荷 2 级起点</translation>
    </message>
    <message>
        <source>Nodal burden, grade 3 from</source>
        <translation>淋巴结负荷 3 级起点</translation>
    </message>
    <message>
        <source>Published values</source>
        <translation>文献值</translation>
    </message>
    <message>
        <source>Folder of a model</source>
        <translation>模型文件夹</translation>
    </message>
</context>
<context>
    <name>PreviewPage</name>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Smaller pages</source>
        <translation>缩小页面</translation>
    </message>
    <message>
        <source>Larger pages</source>
        <translation>放大页面</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Pages of the report</source>
        <translation>报告页面</translation>
    </message>
    <message>
        <source>The report is being made.</source>
        <translation>正在生成报告。</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>已签名</translation>
    </message>
    <message>
        <source>not signed</source>
        <translation>未签名</translation>
    </message>
    <message>
        <source>Write the signed reading to a folder</source>
        <translation>将已签名的判读写入文件夹</translation>
    </message>
    <message>
        <source>The report cannot be shown: {0}</source>
        <translation>报告无法显示：{0}</translation>
    </message>
    <message>
        <source>Page {0} of {1}</source>
        <translation>第 {0} 页，共 {1} 页</translation>
    </message>
    <message>
        <source>Pages: {0}</source>
        <translation>页数：{0}</translation>
    </message>
</context>
<context>
    <name>ProbabilityScale</name>
    <message>
        <source>Probability of axillary metastasis</source>
        <translation>腋窝淋巴结转移概率</translation>
    </message>
    <message>
        <source>operating point {0}</source>
        <translation>工作点 {0}</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Regions</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>First read</source>
        <translation>首次判读</translation>
    </message>
    <message>
        <source>Second reader</source>
        <translation>第二阅片者</translation>
    </message>
    <message>
        <source>Sign and report</source>
        <translation>签名与报告</translation>
    </message>
</context>
<context>
    <name>ReadingCommands</name>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>下一幅图像</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>上一幅图像</translation>
    </message>
    <message>
        <source>Leave the image out, or take it in</source>
        <translation>排除或纳入该图像</translation>
    </message>
    <message>
        <source>Colour: as the program finds it</source>
        <translation>颜色：由程序判断</translation>
    </message>
    <message>
        <source>Colour: as tagged</source>
        <translation>颜色：按文件标签</translation>
    </message>
    <message>
        <source>Colour: RGB</source>
        <translation>颜色：RGB</translation>
    </message>
    <message>
        <source>Colour: YCbCr</source>
        <translation>颜色：YCbCr</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Propose on this image</source>
        <translation>自动勾画此图像</translation>
    </message>
    <message>
        <source>Propose on all images</source>
        <translation>自动勾画全部图像</translation>
    </message>
    <message>
        <source>Confirm the chosen region</source>
        <translation>确认所选区域</translation>
    </message>
    <message>
        <source>Confirm all on this image</source>
        <translation>确认此图像上的全部区域</translation>
    </message>
    <message>
        <source>Tumour or lymph node</source>
        <translation>肿瘤或淋巴结</translation>
    </message>
    <message>
        <source>Fill holes</source>
        <translation>填充孔洞</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Delete the chosen region</source>
        <translation>删除所选区域</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Next region</source>
        <translation>下一个区域</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>判读</translation>
    </message>
    <message>
        <source>First read</source>
        <translation>首次判读</translation>
    </message>
    <message>
        <source>Second reader</source>
        <translation>第二阅片者</translation>
    </message>
    <message>
        <source>Sign and report</source>
        <translation>签名与报告</translation>
    </message>
    <message>
        <source>Do what the filled button says</source>
        <translation>执行主按钮的操作</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热图</translation>
    </message>
    <message>
        <source>Heat map over or beside the image</source>
        <translation>热图叠加或并列显示</translation>
    </message>
    <message>
        <source>Unlock the first read</source>
        <translation>解锁首次判读</translation>
    </message>
    <message>
        <source>Preview the report</source>
        <translation>预览报告</translation>
    </message>
    <message>
        <source>Export to a folder</source>
        <translation>导出到文件夹</translation>
    </message>
</context>
<context>
    <name>Recovery</name>
    <message>
        <source>Open them again</source>
        <translation>重新打开</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>They stay on the work list</source>
        <translation>它们保留在工作列表中</translation>
    </message>
    <message numerus="yes">
        <source>The program ended unexpectedly. Every action of %n reading(s) was kept.</source>
        <translation>
            <numerusform>程序上次意外结束。%n 份判读的所有操作均已保存。</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} and others</source>
        <translation>{0} 等</translation>
    </message>
</context>
<context>
    <name>RegionRow</name>
    <message>
        <source>confirmed</source>
        <translation>已确认</translation>
    </message>
    <message>
        <source>not confirmed</source>
        <translation>未确认</translation>
    </message>
    <message>
        <source>The cortex is not in an outline: measure it with the caliper</source>
        <translation>轮廓不含皮质信息：请用测距工具测量皮质</translation>
    </message>
    <message>
        <source>In {0} separate parts: the lengths span all of them.</source>
        <translation>由 {0} 个分离的部分组成：所列长度跨越全部部分。</translation>
    </message>
    <message>
        <source>Only {0} long: reject it if it is a slip.</source>
        <translation>长径仅 {0}：若为误画，请拒绝。</translation>
    </message>
    <message>
        <source>Confirm this region</source>
        <translation>确认该区域</translation>
    </message>
    <message>
        <source>Call it a tumour</source>
        <translation>标为肿瘤</translation>
    </message>
    <message>
        <source>Call it a lymph node</source>
        <translation>标为淋巴结</translation>
    </message>
    <message>
        <source>Reject this region</source>
        <translation>舍弃该区域</translation>
    </message>
    <message>
        <source>Click to choose; on the chosen row Return confirms, Delete rejects</source>
        <translation>单击选中；在选中行上按 Return 确认，按 Delete 舍弃</translation>
    </message>
</context>
<context>
    <name>RegionsPanel</name>
    <message>
        <source>This image counts in the score</source>
        <translation>此图像纳入评分</translation>
    </message>
    <message>
        <source>Leave the image out of the patient&apos;s score, or take it in again</source>
        <translation>将该图像排除出患者评分，或重新纳入</translation>
    </message>
    <message>
        <source>Propose</source>
        <translation>自动勾画</translation>
    </message>
    <message>
        <source>Let the network outline</source>
        <translation>由网络勾画</translation>
    </message>
    <message>
        <source>On this image</source>
        <translation>此图像</translation>
    </message>
    <message>
        <source>On the chosen images</source>
        <translation>所选图像</translation>
    </message>
    <message>
        <source>On all images</source>
        <translation>全部图像</translation>
    </message>
    <message>
        <source>Draw a box on the image: the network looks at it enlarged</source>
        <translation>在图像上画框：网络放大后再看</translation>
    </message>
    <message>
        <source>Look in a box</source>
        <translation>框选再看</translation>
    </message>
    <message>
        <source>Undo on this image</source>
        <translation>撤销此图像上的操作</translation>
    </message>
    <message>
        <source>Redo on this image</source>
        <translation>重做此图像上的操作</translation>
    </message>
    <message>
        <source>Every image with something to confirm was on the screen as it is now</source>
        <translation>每幅待确认的图像都已按现在的样子在屏幕上看过</translation>
    </message>
    <message>
        <source>Nothing is outlined yet</source>
        <translation>尚未勾画</translation>
    </message>
    <message>
        <source>To confirm: {0}</source>
        <translation>待确认：{0}</translation>
    </message>
    <message>
        <source>{0} tumour, {1} node regions confirmed</source>
        <translation>已确认 {0} 个肿瘤、{1} 个淋巴结区域</translation>
    </message>
    <message>
        <source>, {0} not confirmed</source>
        <translation>，{0} 个未确认</translation>
    </message>
    <message numerus="yes">
        <source>, %n image(s) not outlined</source>
        <translation>
            <numerusform>，%n 幅图像未勾画</numerusform>
        </translation>
    </message>
    <message>
        <source>Frame {0} of {1} is read: its regions stand here.</source>
        <translation>判读的是第 {0} 帧（共 {1} 帧）：此处为其区域。</translation>
    </message>
    <message>
        <source>Nothing is outlined on this image: draw with the tools.</source>
        <translation>此图像上没有轮廓：请用工具绘制。</translation>
    </message>
    <message>
        <source>The network outlined nothing here. Draw what you see, or let it look again in a box.</source>
        <translation>网络在此图像上未勾画任何区域。请手工勾画，或画框让网络再看一次。</translation>
    </message>
    <message>
        <source>Nothing is outlined on this image: let the network propose, or draw with the tools.</source>
        <translation>此图像尚未勾画：可由网络自动勾画，或用工具手工勾画。</translation>
    </message>
    <message>
        <source>Images to confirm: {0}</source>
        <translation>待确认的图像：{0}</translation>
    </message>
    <message>
        <source>Confirm all {0} images</source>
        <translation>确认全部 {0} 幅图像</translation>
    </message>
    <message>
        <source>Propose on all images</source>
        <translation>自动勾画全部图像</translation>
    </message>
    <message>
        <source>Confirm, next image</source>
        <translation>确认并到下一幅</translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation>确认</translation>
    </message>
    <message>
        <source>Confirm every region on this image (Shift+A confirms and stays)</source>
        <translation>确认此图像上的全部区域（Shift+A 确认后停留）</translation>
    </message>
    <message>
        <source>Next image to confirm</source>
        <translation>下一幅待确认图像</translation>
    </message>
    <message>
        <source>Let the network outline every image</source>
        <translation>由网络勾画每幅图像</translation>
    </message>
    <message>
        <source>Propose on the other images</source>
        <translation>自动勾画其余图像</translation>
    </message>
    <message numerus="yes">
        <source>Let the network outline the %n image(s) that nothing was drawn on</source>
        <translation>
            <numerusform>由网络勾画尚未绘制内容的 %n 幅图像</numerusform>
        </translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on to the next step</source>
        <translation>进入下一步</translation>
    </message>
</context>
<context>
    <name>SecondReaderPanel</name>
    <message>
        <source>Score again</source>
        <translation>重新评分</translation>
    </message>
    <message>
        <source>What each image adds, in percentage points</source>
        <translation>每幅图像的贡献（百分点）</translation>
    </message>
    <message>
        <source>Leave this image out</source>
        <translation>排除此图像</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热图</translation>
    </message>
    <message>
        <source>Show the heat map: where the network looked</source>
        <translation>显示热图：网络关注的部位</translation>
    </message>
    <message>
        <source>Heat map method</source>
        <translation>热图方法</translation>
    </message>
    <message>
        <source>How the heat map is made; Grad-CAM is the one in the report</source>
        <translation>热图的计算方法；报告中使用 Grad-CAM</translation>
    </message>
    <message>
        <source>Patient&apos;s score</source>
        <translation>患者评分</translation>
    </message>
    <message>
        <source>Each image alone</source>
        <translation>各图像单独</translation>
    </message>
    <message>
        <source>What the heat map explains</source>
        <translation>热图所解释的对象</translation>
    </message>
    <message>
        <source>The patient&apos;s score, or the probability of each image alone</source>
        <translation>患者评分，或每幅图像单独的概率</translation>
    </message>
    <message>
        <source>Own scale</source>
        <translation>各自标度</translation>
    </message>
    <message>
        <source>One scale for all</source>
        <translation>统一标度</translation>
    </message>
    <message>
        <source>Scale of the heat map</source>
        <translation>热图的标度</translation>
    </message>
    <message>
        <source>Each image up to its own brightest spot, with its share of the patient&apos;s; or all up to the patient&apos;s brightest spot</source>
        <translation>每幅图像以自身最亮处为上限，并注明其占患者最亮处的百分比；或全部以患者最亮处为上限</translation>
    </message>
    <message>
        <source>Over the image</source>
        <translation>叠加</translation>
    </message>
    <message>
        <source>Beside the image</source>
        <translation>并列</translation>
    </message>
    <message>
        <source>Where the heat map is shown</source>
        <translation>热图的显示位置</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>How much the heat map covers the picture</source>
        <translation>热图覆盖图像的程度</translation>
    </message>
    <message>
        <source>Make the heat map again</source>
        <translation>重新生成热图</translation>
    </message>
    <message>
        <source>Scoring again</source>
        <translation>正在重新评分</translation>
    </message>
    <message>
        <source>No score</source>
        <translation>无评分</translation>
    </message>
    <message>
        <source>No image counts</source>
        <translation>没有计入的图像</translation>
    </message>
    <message>
        <source>above the threshold</source>
        <translation>高于阈值</translation>
    </message>
    <message>
        <source>below the threshold</source>
        <translation>低于阈值</translation>
    </message>
    <message>
        <source>{0}, {1}</source>
        <translation>{0}，{1}</translation>
    </message>
    <message>
        <source>Signed without a score</source>
        <translation>已签署，无评分</translation>
    </message>
    <message>
        <source>Signed without a score; {0} was shown before</source>
        <translation>已签署，无评分；此前曾显示 {0}</translation>
    </message>
    <message>
        <source>No score of the case as it is; {0} was shown before</source>
        <translation>当前病例状态无评分；此前曾显示 {0}</translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation>请打开一位患者。</translation>
    </message>
    <message>
        <source>Lock your first read: then the score can be revealed.</source>
        <translation>请先锁定首次判读，然后可揭示评分。</translation>
    </message>
    <message>
        <source>Reveal the second reader</source>
        <translation>揭示第二阅片者结果</translation>
    </message>
    <message>
        <source>Show the program&apos;s score</source>
        <translation>显示程序评分</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on to the final read</source>
        <translation>进入最终判读</translation>
    </message>
    <message>
        <source>The score is revealed once: from then on the first read is fixed.</source>
        <translation>评分一经揭示，首次判读即不可更改。</translation>
    </message>
    <message>
        <source>Scoring the images as they are now ...</source>
        <translation>正在按当前图像和区域评分……</translation>
    </message>
    <message>
        <source>There is no score of the case as it is now.</source>
        <translation>当前病例状态没有评分。</translation>
    </message>
    <message>
        <source>Interval and contributions are being worked out ...</source>
        <translation>正在计算区间和各图像贡献……</translation>
    </message>
    <message>
        <source>Image {0}: {1}</source>
        <translation>图像 {0}：{1}</translation>
    </message>
    <message>
        <source>Every image is left out: there is nothing that any of them could add.</source>
        <translation>所有图像均已排除：没有图像可计入贡献。</translation>
    </message>
    <message>
        <source>Without any image: {0}. All bars together lead from there to {1}.</source>
        <translation>不含任何图像：{0}。所有条形合计由此得到 {1}。</translation>
    </message>
    <message>
        <source>This image could not be read: it is not part of the score.</source>
        <translation>此图像无法读取，未纳入评分。</translation>
    </message>
    <message>
        <source>This image is left out of the score.</source>
        <translation>此图像已排除出评分。</translation>
    </message>
    <message>
        <source>It is the only image of the score.</source>
        <translation>评分中只有这一幅图像。</translation>
    </message>
    <message>
        <source>Without this image it would be {0}.</source>
        <translation>若排除此图像，评分为 {0}。</translation>
    </message>
    <message>
        <source>Its bar is what it adds on average to none, some or all of the other images: the two can differ.</source>
        <translation>条形表示该图像加入零幅、部分或全部其他图像时的平均贡献：两者可以不同。</translation>
    </message>
    <message>
        <source>Take this image in again</source>
        <translation>重新纳入此图像</translation>
    </message>
    <message>
        <source>The score is then made of the other images; it can be taken back</source>
        <translation>评分将由其余图像得出；此操作可撤回</translation>
    </message>
    <message>
        <source>The heat map is being made ...</source>
        <translation>正在生成热图……</translation>
    </message>
    <message>
        <source>There is no heat map: {0}</source>
        <translation>没有热图：{0}</translation>
    </message>
</context>
<context>
    <name>ShortcutsPage</name>
    <message>
        <source>Keyboard and mouse</source>
        <translation>键盘与鼠标</translation>
    </message>
</context>
<context>
    <name>SignPanel</name>
    <message>
        <source>The first read stands</source>
        <translation>维持首次判读</translation>
    </message>
    <message>
        <source>Change it</source>
        <translation>修改</translation>
    </message>
    <message>
        <source>The final read is the first read</source>
        <translation>最终判读与首次判读相同</translation>
    </message>
    <message>
        <source>Enter another judgement and the reason</source>
        <translation>填写不同的判断及理由</translation>
    </message>
    <message>
        <source>Reason for the change</source>
        <translation>修改理由</translation>
    </message>
    <message>
        <source>Why the judgement was changed</source>
        <translation>为何修改判断</translation>
    </message>
    <message>
        <source>Reader&apos;s name</source>
        <translation>阅片者姓名</translation>
    </message>
    <message>
        <source>The name under the reading</source>
        <translation>判读的署名</translation>
    </message>
    <message>
        <source>Signed by</source>
        <translation>签名者</translation>
    </message>
    <message>
        <source>Discard the amendment</source>
        <translation>放弃修订</translation>
    </message>
    <message>
        <source>Go back to the reading as it was signed</source>
        <translation>恢复到已签名的判读</translation>
    </message>
    <message>
        <source>What is wrong with the signed reading</source>
        <translation>已签名的判读有何不妥</translation>
    </message>
    <message>
        <source>Reason for the amendment</source>
        <translation>修订理由</translation>
    </message>
    <message>
        <source>Open an amendment</source>
        <translation>开始修订</translation>
    </message>
    <message>
        <source>What was signed stays; the amendment is signed anew</source>
        <translation>已签名的内容会保留；修订须重新签名</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>Show the report as it stands</source>
        <translation>显示当前状态的报告</translation>
    </message>
    <message>
        <source>PDF</source>
        <translation>PDF</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>JSON</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>DICOM</source>
        <translation>DICOM</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>打开所在文件夹</translation>
    </message>
    <message>
        <source>Open the folder that was written to</source>
        <translation>打开写入的文件夹</translation>
    </message>
    <message>
        <source>The report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>All numbers, for other programs</source>
        <translation>全部数值，供其他程序使用</translation>
    </message>
    <message>
        <source>Each image with its mask and heat map as PNG</source>
        <translation>每幅图像及其掩膜和热图（PNG）</translation>
    </message>
    <message>
        <source>Measurements, outlines, captures and the report for the archive</source>
        <translation>供归档的测量、轮廓、二次采集图像和报告</translation>
    </message>
    <message>
        <source>{0}, signed by {1}</source>
        <translation>{0}，{1} 签名</translation>
    </message>
    <message>
        <source>; an amendment is open</source>
        <translation>；修订中</translation>
    </message>
    <message>
        <source>Open a patient.</source>
        <translation>请打开一位患者。</translation>
    </message>
    <message>
        <source>The final read follows the score: lock the first read and reveal it.</source>
        <translation>最终判读在看到评分之后：请先锁定首次判读并揭示评分。</translation>
    </message>
    <message>
        <source>Identity is left out of what is exported. You see it before it is written.</source>
        <translation>导出内容不含身份信息，写入前可先查看。</translation>
    </message>
    <message>
        <source>{0}, {1} of 100</source>
        <translation>{0}，把握度 {1}/100</translation>
    </message>
    <message>
        <source>The first read stands: {0}</source>
        <translation>维持首次判读：{0}</translation>
    </message>
    <message>
        <source>Amended and signed</source>
        <translation>已修订并签名</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>已签名</translation>
    </message>
    <message>
        <source>Amendment open: {0}. Until it is signed the earlier reading counts.</source>
        <translation>修订中：{0}。修订签名之前，以已签名的判读为准。</translation>
    </message>
    <message>
        <source>The score is being made anew: wait for it, then decide.</source>
        <translation>正在重新评分，请等待完成后再决定。</translation>
    </message>
    <message>
        <source>Say whether the first read stands.</source>
        <translation>请说明是否维持首次判读。</translation>
    </message>
    <message>
        <source>Enter your name.</source>
        <translation>请输入您的姓名。</translation>
    </message>
    <message>
        <source>Give the reason for the change.</source>
        <translation>请填写修改理由。</translation>
    </message>
    <message>
        <source>Nothing is changed: change the judgement, give a reason or let the first read stand.</source>
        <translation>没有任何修改：请修改判读、填写理由，或维持初读结果。</translation>
    </message>
    <message numerus="yes">
        <source>%n region(s) not confirmed; they count all the same.</source>
        <translation>
            <numerusform>%n 个区域未确认，但仍计入。</numerusform>
        </translation>
    </message>
    <message>
        <source>Sign as {0}</source>
        <translation>以 {0} 签名</translation>
    </message>
    <message>
        <source>Sign</source>
        <translation>签名</translation>
    </message>
    <message>
        <source>Export to a folder</source>
        <translation>导出到文件夹</translation>
    </message>
    <message>
        <source>Choose what is written: PDF, JSON, pictures or DICOM</source>
        <translation>请选择导出内容：PDF、JSON、图像或 DICOM</translation>
    </message>
    <message>
        <source>Write the signed reading to a folder</source>
        <translation>将已签名的判读写入文件夹</translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation>已写入：{0}</translation>
    </message>
    <message>
        <source>Written before the amendment, with the earlier reading: {0}</source>
        <translation>修订前已写入（内容为先前的判读）：{0}</translation>
    </message>
</context>
<context>
    <name>SkippedPage</name>
    <message>
        <source>Files that were not read</source>
        <translation>未读取的文件</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Belongs to</source>
        <translation>所属</translation>
    </message>
    <message>
        <source>Every file was read.</source>
        <translation>所有文件均已读取。</translation>
    </message>
    <message>
        <source>what was opened last</source>
        <translation>最近一次打开的内容</translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Select and move outlines</source>
        <translation>选择并调整轮廓</translation>
    </message>
    <message>
        <source>Move the picture</source>
        <translation>移动图像</translation>
    </message>
    <message>
        <source>Window: brightness and contrast</source>
        <translation>窗宽窗位：亮度和对比度</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Box: look again here</source>
        <translation>框选：在此再看</translation>
    </message>
    <message>
        <source>Caliper</source>
        <translation>测距</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>椭圆</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>Cine</source>
        <translation>动态图像</translation>
    </message>
    <message>
        <source>Draw the other kind</source>
        <translation>改画另一类型</translation>
    </message>
    <message>
        <source>Smaller brush</source>
        <translation>缩小画笔</translation>
    </message>
    <message>
        <source>Larger brush</source>
        <translation>增大画笔</translation>
    </message>
    <message>
        <source>Clear the measurements</source>
        <translation>清除测量</translation>
    </message>
    <message>
        <source>Brush erases; a shape is cut out of the region</source>
        <translation>画笔改为擦除；图形从区域中剪除</translation>
    </message>
    <message>
        <source>hold Alt</source>
        <translation>按住 Alt</translation>
    </message>
    <message>
        <source>A shape is added to the chosen region</source>
        <translation>图形加入所选区域</translation>
    </message>
    <message>
        <source>hold Shift</source>
        <translation>按住 Shift</translation>
    </message>
    <message>
        <source>Drop what is being drawn</source>
        <translation>放弃正在绘制的图形</translation>
    </message>
    <message>
        <source>Close a polygon; make an ellipse a region</source>
        <translation>闭合多边形；将椭圆转为区域</translation>
    </message>
    <message>
        <source>Take back a corner or a measurement</source>
        <translation>撤回一个顶点或一次测量</translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation>适合窗口</translation>
    </message>
    <message>
        <source>One to one</source>
        <translation>原始大小</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Window as recorded</source>
        <translation>恢复原始窗宽窗位</translation>
    </message>
    <message>
        <source>Invert the greys</source>
        <translation>灰度反转</translation>
    </message>
    <message>
        <source>Outlines</source>
        <translation>轮廓</translation>
    </message>
    <message>
        <source>The network&apos;s own outlines</source>
        <translation>网络的原始轮廓</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Ruler</source>
        <translation>标尺</translation>
    </message>
    <message>
        <source>Zoom to the mouse</source>
        <translation>以鼠标处为中心缩放</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>Space + drag</source>
        <translation>空格 + 拖动</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗宽窗位</translation>
    </message>
    <message>
        <source>Right drag</source>
        <translation>按右键拖动</translation>
    </message>
    <message>
        <source>Brush size</source>
        <translation>画笔大小</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Ctrl + 滚轮</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>播放或暂停</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>后退一帧</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>前进一帧</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>减速</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>加速</translation>
    </message>
    <message>
        <source>Read this frame</source>
        <translation>判读此帧</translation>
    </message>
    <message>
        <source>Play or pause, the mouse over the picture</source>
        <translation>播放或暂停（鼠标在图像上）</translation>
    </message>
    <message>
        <source>Frame on or back</source>
        <translation>前进或后退一帧</translation>
    </message>
    <message>
        <source>Shift + wheel</source>
        <translation>Shift + 滚轮</translation>
    </message>
    <message>
        <source>Decoding the picture</source>
        <translation>正在解码图像</translation>
    </message>
    <message>
        <source>This picture cannot be shown.</source>
        <translation>此图像无法显示。</translation>
    </message>
    <message>
        <source>{0} is new and only {1} long. If it is a slip, Ctrl+Z takes it back.</source>
        <translation>新增{0}，长径仅 {1}。若为误画，按 Ctrl+Z 撤销。</translation>
    </message>
    <message>
        <source>{0} is new. Ctrl+Z takes it back.</source>
        <translation>新增{0}。Ctrl+Z 可撤销。</translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Drop an examination here</source>
        <translation>将检查拖放到此处</translation>
    </message>
    <message>
        <source>A DICOM folder, a DICOMDIR, a zip, single files, or PNG and JPEG pictures</source>
        <translation>DICOM 文件夹、DICOMDIR、zip 压缩包、单个文件，或 PNG、JPEG 图像</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Open demo patient</source>
        <translation>打开演示患者</translation>
    </message>
    <message>
        <source>A simulated patient, made on this computer</source>
        <translation>在本机生成的模拟患者</translation>
    </message>
    <message>
        <source>Query PACS</source>
        <translation>查询 PACS</translation>
    </message>
    <message>
        <source>Recent cases</source>
        <translation>最近的病例</translation>
    </message>
    <message>
        <source>Cases that you open will stand here. Nothing leaves this computer but to a PACS you name.</source>
        <translation>您打开的病例会显示在这里。除您指定的 PACS 外，任何数据都不会离开本机。</translation>
    </message>
    <message>
        <source>changed {0}</source>
        <translation>修改于 {0}</translation>
    </message>
    <message>
        <source>no longer there</source>
        <translation>已不存在</translation>
    </message>
    <message>
        <source>Demo patient</source>
        <translation>演示患者</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>When the last change was written; nothing has to be saved by hand</source>
        <translation>最近一次修改的保存时间；无需手动保存</translation>
    </message>
    <message>
        <source>saved {0}</source>
        <translation>已保存 {0}</translation>
    </message>
</context>
<context>
    <name>Surface</name>
    <message>
        <source>The region has no holes.</source>
        <translation>该区域没有孔洞。</translation>
    </message>
    <message>
        <source>The outline is smooth already.</source>
        <translation>该轮廓已经平滑。</translation>
    </message>
    <message>
        <source>Choose a region first: click it.</source>
        <translation>请先单击选中一个区域。</translation>
    </message>
    <message>
        <source>Nothing of the region would be left.</source>
        <translation>这样该区域将不剩任何内容。</translation>
    </message>
</context>
<context>
    <name>ToolColumn</name>
    <message>
        <source>More tools and views</source>
        <translation>更多工具和视图</translation>
    </message>
    <message>
        <source>N</source>
        <comment>node</comment>
        <translation>淋</translation>
    </message>
    <message>
        <source>T</source>
        <comment>tumour</comment>
        <translation>瘤</translation>
    </message>
    <message>
        <source>What is drawn: {0}. Click for the other (Shift+T)</source>
        <translation>绘制类型：{0}。单击切换（Shift+T）</translation>
    </message>
    <message>
        <source>What is drawn: {0}</source>
        <translation>绘制类型：{0}</translation>
    </message>
</context>
<context>
    <name>Unscored</name>
    <message>
        <source>Score again</source>
        <translation>重新评分</translation>
    </message>
    <message>
        <source>Make the score of the case as it is now</source>
        <translation>为病例的当前状态评分</translation>
    </message>
    <message>
        <source>Sign without a probability</source>
        <translation>不含概率签名</translation>
    </message>
    <message>
        <source>The report then says that none belongs to what is signed</source>
        <translation>报告将注明已签名的内容不含概率</translation>
    </message>
    <message>
        <source>The probability that was shown is of an earlier state: score again, or sign without it.</source>
        <translation>已显示的概率对应病例先前的状态：请重新评分，或不含概率签名。</translation>
    </message>
    <message>
        <source>There is no probability of the case as it is: score again, or sign without one.</source>
        <translation>病例的当前状态没有概率：请重新评分，或不含概率签名。</translation>
    </message>
    <message>
        <source>There is no score of the case as it is: it is signed without one.</source>
        <translation>当前病例没有评分：签名时不含评分。</translation>
    </message>
</context>
<context>
    <name>WindowCommands</name>
    <message>
        <source>Cases</source>
        <translation>病例</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Open demo patient</source>
        <translation>打开演示患者</translation>
    </message>
    <message>
        <source>Work list</source>
        <translation>工作列表</translation>
    </message>
    <message>
        <source>PACS</source>
        <translation>PACS</translation>
    </message>
    <message>
        <source>Start page</source>
        <translation>起始页</translation>
    </message>
    <message>
        <source>Files that were not read</source>
        <translation>未读取的文件</translation>
    </message>
    <message>
        <source>Copies without identity</source>
        <translation>去标识化副本</translation>
    </message>
    <message>
        <source>Close patient</source>
        <translation>关闭患者</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Canvas alone</source>
        <translation>只显示图像</translation>
    </message>
    <message>
        <source>Film strip</source>
        <translation>缩略图栏</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步骤栏</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>Dark or light</source>
        <translation>深色或浅色</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>模型卡片</translation>
    </message>
    <message>
        <source>Keyboard and mouse</source>
        <translation>键盘与鼠标</translation>
    </message>
    <message>
        <source>About</source>
        <translation>关于</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Stop what is under way</source>
        <translation>停止正在进行的任务</translation>
    </message>
    <message>
        <source>Back to the picture</source>
        <translation>返回图像</translation>
    </message>
</context>
<context>
    <name>WorkListPage</name>
    <message>
        <source>Work list</source>
        <translation>工作列表</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Patients</source>
        <translation>患者列表</translation>
    </message>
    <message>
        <source>Double click or Return opens a patient</source>
        <translation>双击或按 Return 打开患者</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>The list is empty. Drop a folder anywhere on this window.</source>
        <translation>列表为空。可将文件夹拖放到窗口任意位置。</translation>
    </message>
    <message>
        <source>The reading stays on the list</source>
        <translation>判读保留在列表中</translation>
    </message>
    <message>
        <source>The saved case and its journal stay; the pictures can then be read anew</source>
        <translation>已保存的病例及其操作日志会保留；之后可重新判读这些图像</translation>
    </message>
    <message>
        <source>Open patient</source>
        <translation>打开患者</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Not open. Changed {0}</source>
        <translation>未打开。修改于 {0}</translation>
    </message>
    <message>
        <source>Take off the list</source>
        <translation>从列表移除</translation>
    </message>
</context>
</TS>
