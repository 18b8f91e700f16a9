"""Words the generated data is made of: names of people, firms, cities and goods."""

from __future__ import annotations

from typing import NamedTuple

from graph.generating.dice import Dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Words with their romanisation: "王wang 李li"."""
    return tuple(
        (
            "".join(c for c in word if ord(c) > 127),
            "".join(c for c in word if ord(c) < 128),
        )
        for word in text.split()
    )


SURNAMES = _pairs(
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 赵zhao 黄huang 周zhou 吴wu 徐xu 孙sun 胡hu "
    "朱zhu 高gao 林lin 何he 郭guo 马ma 罗luo 梁liang 宋song 郑zheng 谢xie 韩han 唐tang "
    "冯feng 于yu 董dong 萧xiao 程cheng 曹cao 袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng "
    "吕lv 苏su 卢lu 蒋jiang 蔡cai 贾jia 丁ding 魏wei 薛xue 叶ye 阎yan 余yu 潘pan 杜du 戴dai "
    "夏xia 钟zhong 汪wang 田tian 任ren 姜jiang 欧阳ouyang 司马sima 诸葛zhuge 上官shangguan"
)
MALE = _pairs(
    "伟wei 强qiang 磊lei 军jun 勇yong 杰jie 涛tao 明ming 超chao 刚gang 平ping 辉hui 鹏peng "
    "华hua 飞fei 波bo 斌bin 宇yu 浩hao 凯kai 健jian 俊jun 帆fan 帅shuai 旭xu 宁ning 龙long "
    "林lin 峰feng 亮liang 建国jianguo 志强zhiqiang 文博wenbo 子轩zixuan 海涛haitao "
    "国栋guodong 小明xiaoming 天佑tianyou 宏伟hongwei 思远siyuan 立新lixin 永康yongkang"
)
FEMALE = _pairs(
    "芳fang 娜na 敏min 静jing 丽li 艳yan 娟juan 霞xia 燕yan 玲ling 婷ting 慧hui 莹ying 雪xue "
    "琳lin 洁jie 梅mei 倩qian 蕾lei 薇wei 红hong 颖ying 兰lan 桂英guiying 秀英xiuying "
    "雨涵yuhan 欣怡xinyi 晓燕xiaoyan 梦琪mengqi 诗涵shihan 佳怡jiayi 春梅chunmei 丽华lihua "
    "美玲meiling 海燕haiyan 思雨siyu 若曦ruoxi"
)
ENGLISH_MALE = _words(
    "James John Robert Michael William David Richard Joseph Thomas Charles Daniel Matthew "
    "Anthony Mark Steven Paul Andrew Joshua Kevin Brian George Edward Peter Simon Oliver "
    "Henry"
)
ENGLISH_FEMALE = _words(
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa "
    "Margaret Sandra Ashley Emily Michelle Laura Rebecca Helen Anna Julia Grace Alice Sophie "
    "Charlotte"
)
ENGLISH_LAST = _words(
    "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson "
    "Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young King Wright Scott "
    "Green Baker Adams Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans "
    "Edwards Collins Stewart"
)

CITIES = _words(
    "北京 上海 广州 深圳 杭州 成都 武汉 西安 南京 重庆 苏州 天津 长沙 郑州 青岛 宁波 东莞 "
    "昆明 沈阳 大连 厦门 合肥 佛山 福州 哈尔滨 济南 温州 石家庄 泉州 南昌"
)
FOREIGN_CITIES = _words("Singapore London Sydney Vancouver Boston Manchester")

HOBBIES = _words(
    "羽毛球 摄影 登山 书法 钓鱼 围棋 太极 美食 旅行 读书 跑步 茶道 高尔夫 养花 电影 音乐"
)
CARES = _words("孩子的学业 父母的健康 公司的口碑 家人 母校 环保 员工 家乡")
MOTTOS = _words(
    "恒 瑞 鑫 泰 盛 宏 华 博 远 达 信 诚 安 康 德 源 创 新 智 联 云 海 天 合 众 明 润 丰 嘉 启"
)


class Industry(NamedTuple):
    """A line of business and the goods its firms offer."""

    name: str
    goods: tuple[str, ...]


INDUSTRIES = (
    Industry("广告", ("户外广告投放", "短视频推广", "品牌设计", "展会策划")),
    Industry("汽车", ("商务用车", "车队租赁", "汽车保养", "货运车辆")),
    Industry("软件", ("客户管理软件", "财务软件", "网站开发", "数据分析服务")),
    Industry("餐饮", ("员工餐配送", "宴会场地", "咖啡供应", "团建餐饮")),
    Industry("教育", ("企业内训", "英语课程", "管理培训", "考证辅导")),
    Industry("地产", ("办公室租赁", "仓库租赁", "商铺招租", "会议室")),
    Industry("物流", ("同城配送", "冷链运输", "国际快递", "仓储服务")),
    Industry("医疗", ("员工体检", "健康讲座", "口腔护理", "康复理疗")),
    Industry("印刷", ("画册印刷", "包装盒", "名片标签", "广告牌制作")),
    Industry("旅游", ("团队旅游", "商务差旅", "酒店协议价", "会务接待")),
)
SCHOOL_KINDS = _words("第一中学 实验中学 大学 师范大学 理工大学 职业学院")
CLUB_KINDS = _words("羽毛球俱乐部 登山协会 摄影社 读书会 车友会 跑团 商会 校友会")
TITLES = _words(
    "总经理 副总经理 销售经理 采购经理 财务主管 行政主管 技术总监 项目经理 业务员 工程师"
)
DEPARTMENTS = _words("总经办 销售部 采购部 财务部 行政部 技术部 市场部")
CHANNELS = _words("微信 电话 饭局 展会 老客户介绍会 同学聚会")
SOURCES = _words("转介绍 展会 广告 网站 陌拜 老客户")


class Person(NamedTuple):
    """A made-up person: full name, its Latin letters, and whether female."""

    name: str
    latin: str
    female: bool


def person(dice: Dice, *, english: bool) -> Person:
    """A name of either kind."""
    female = dice.chance(0.48)
    if english:
        first = dice.pick(ENGLISH_FEMALE if female else ENGLISH_MALE)
        last = dice.pick(ENGLISH_LAST)
        return Person(f"{first} {last}", f"{first}.{last}".lower(), female)
    family, romanised = SURNAMES[int(len(SURNAMES) * dice.random() ** 2)]  # the first are commonest
    given, given_romanised = dice.pick(FEMALE if female else MALE)
    return Person(family + given, romanised + given_romanised, female)


def firm(dice: Dice, city: str, industry: Industry) -> str:
    """A company's name."""
    if city in FOREIGN_CITIES:
        return f"{dice.pick(ENGLISH_LAST)} & {dice.pick(ENGLISH_LAST)} {city} Ltd"
    motto = "".join(dice.pick(MOTTOS) for _ in range(dice.between(2, 3)))
    return f"{city}{motto}{industry.name}有限公司"
